"""Packages that Portage installed."""

from analyze.catalogers.portage.cataloger import PortageCataloger

__all__ = ["PortageCataloger"]
