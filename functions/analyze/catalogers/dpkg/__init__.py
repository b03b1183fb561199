"""Debian packages: the databases of dpkg and opkg, and what lies beside them."""

from analyze.catalogers.dpkg.cataloger import DpkgCataloger

__all__ = ["DpkgCataloger"]
