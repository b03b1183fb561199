"""Packages that pacman installed."""

from analyze.catalogers.alpm.cataloger import AlpmCataloger

__all__ = ["AlpmCataloger"]
