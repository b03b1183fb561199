"""PHP packages that Composer's lock files declare."""

from analyze.catalogers.php_lock.cataloger import PhpLockCataloger

__all__ = ["PhpLockCataloger"]
