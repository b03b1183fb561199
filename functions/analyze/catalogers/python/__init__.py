"""Installed Python distributions: dist-info and egg-info."""

from analyze.catalogers.python.cataloger import PythonCataloger

__all__ = ["PythonCataloger"]
