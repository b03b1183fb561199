"""Programs and libraries that no package manager installed, known by the version string in their bytes."""

from analyze.catalogers.binary.cataloger import BinaryCataloger

__all__ = ["BinaryCataloger"]
