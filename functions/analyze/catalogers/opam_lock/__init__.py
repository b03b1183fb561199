"""OCaml packages that opam's lock files declare."""

from analyze.catalogers.opam_lock.cataloger import OpamLockCataloger

__all__ = ["OpamLockCataloger"]
