"""Snaps, unpacked or as a root file system, and the Debian packages that they were staged from."""

from analyze.catalogers.snap.cataloger import SnapCataloger

__all__ = ["SnapCataloger"]
