"""Installed JavaScript packages: every package.json that names one."""

from analyze.catalogers.npm.cataloger import NpmCataloger

__all__ = ["NpmCataloger"]
