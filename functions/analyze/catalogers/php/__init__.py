"""Installed PHP packages: those of Composer, PEAR and PECL."""

from analyze.catalogers.php.cataloger import PhpCataloger

__all__ = ["PhpCataloger"]
