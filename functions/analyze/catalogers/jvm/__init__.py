"""Java runtimes and development kits: the `release` file of an installation."""

from analyze.catalogers.jvm.cataloger import JvmCataloger

__all__ = ["JvmCataloger"]
