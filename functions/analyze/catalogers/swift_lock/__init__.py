"""Packages that the lock files of Swift's package manager and CocoaPods declare."""

from analyze.catalogers.swift_lock.cataloger import SwiftLockCataloger

__all__ = ["SwiftLockCataloger"]
