"""Crates that cargo-auditable writes into the executables it builds."""

from analyze.catalogers.rust.cataloger import RustCataloger

__all__ = ["RustCataloger"]
