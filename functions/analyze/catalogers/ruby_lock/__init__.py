"""Gems that Bundler's lock files declare."""

from analyze.catalogers.ruby_lock.cataloger import RubyLockCataloger

__all__ = ["RubyLockCataloger"]
