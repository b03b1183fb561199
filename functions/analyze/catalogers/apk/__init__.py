"""Alpine packages: apk's database of what is installed."""

from analyze.catalogers.apk.cataloger import ApkCataloger

__all__ = ["ApkCataloger"]
