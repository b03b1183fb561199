"""Dart packages that pub's lock files declare."""

from analyze.catalogers.dart_lock.cataloger import DartLockCataloger

__all__ = ["DartLockCataloger"]
