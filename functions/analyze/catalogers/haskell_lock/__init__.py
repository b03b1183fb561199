"""Haskell packages that the lock files of Stack and Cabal declare."""

from analyze.catalogers.haskell_lock.cataloger import HaskellLockCataloger

__all__ = ["HaskellLockCataloger"]
