"""Installed packages of R."""

from analyze.catalogers.r.cataloger import RCataloger

__all__ = ["RCataloger"]
