"""What a format of lock files is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.text import UNKNOWN_VERSION
from cargohold.purl import purl

Reader = Callable[[bytes, Entries], None]
"""Adds what a file declares; raises `ValueError` when it is none of its format."""


def reader(module: str, name: str = "read") -> Reader:
    """Return the reader `name` of a module that is imported for the first file of its format: most images have none."""

    def read(data: bytes, entries: Entries) -> None:
        getattr(import_module(module), name)(data, entries)

    return read


def _joined(format_: "Format", entry: Mapping[str, Any]) -> str:
    namespace, _, name = entry["name"].rpartition("/")
    namespace = entry.get("namespace", namespace)
    return purl(format_.purl_type, namespace, name, version(entry), entry.get("qualifiers"), entry.get("subpath", ""))


@dataclass(frozen=True, slots=True)
class Format:
    """One format of lock files, which its base names or its paths (a regular expression) tell.

    `type`, `language` and `metadata_type` are Syft's names, `purl_type` is that of package URLs, which `purl`
    makes of an entry; by default what comes before the last slash of a name is the namespace.
    """

    name: str
    read: Reader
    type: str
    language: str
    purl_type: str
    metadata_type: str
    basenames: frozenset[bytes] = frozenset()
    path: bytes = b""
    purl: Callable[["Format", Mapping[str, Any]], str] = _joined

    def matches(self, path: bytes) -> bool:
        """Tell whether a file of this path has this format."""
        return path.rpartition(b"/")[2] in self.basenames or bool(
            self.path and re.fullmatch(self.path, path, re.DOTALL)
        )

    def package_url(self, entry: Mapping[str, Any]) -> str:
        """Return the package URL of an entry; a generic one where its own type can have none."""
        try:
            return self.purl(self, entry)
        except ValueError:
            return purl("generic", "", entry["name"].replace("/", "_"), version(entry))


def version(entry: Mapping[str, Any]) -> str:
    """Return the version for a package URL, which has none when it is unknown."""
    found: str = entry["version"]
    return "" if found == UNKNOWN_VERSION else found
