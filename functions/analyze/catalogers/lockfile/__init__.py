"""What the catalogers of lock files share: how a file becomes declared packages, and readers of YAML and TOML.

A lock file says which versions a build resolved, not what is installed: its packages are *declared*.
"""

from analyze.catalogers.lockfile.cataloger import LockfileCataloger
from analyze.catalogers.lockfile.entries import Entries, number, text, texts
from analyze.catalogers.lockfile.formats import Format, reader

__all__ = ["Entries", "Format", "LockfileCataloger", "number", "reader", "text", "texts"]
