"""Crates that Cargo's lock files declare."""

from analyze.catalogers.rust_lock.cataloger import RustLockCataloger

__all__ = ["RustLockCataloger"]
