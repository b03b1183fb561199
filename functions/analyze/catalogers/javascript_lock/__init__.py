"""JavaScript packages that lock files of npm, Yarn, pnpm, Bun and Deno declare."""

from analyze.catalogers.javascript_lock.cataloger import JavascriptLockCataloger

__all__ = ["JavascriptLockCataloger"]
