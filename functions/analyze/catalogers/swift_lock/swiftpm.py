"""Package.resolved, versions 1 to 3.

Source: `ResolvedPackagesStore.swift` of swiftlang/swift-package-manager. A package at a branch has no version.
"""

import re

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.lockfile.entries import Entries, table, tables, text

_SCHEME = re.compile(r"[a-z+]+://(?:[^/@]*@)?|[^/@:]*@")


def read(data: bytes, entries: Entries) -> None:
    """Read one; raises `ValueError` when it is none."""
    document = table(loads(data))
    pins = document.get("pins", table(document.get("object")).get("pins"))
    if pins is None:
        raise ValueError("no pins")
    for pin in tables(pins):
        state = table(pin.get("state"))
        location = text(pin.get("location")) or text(pin.get("repositoryURL"))
        metadata = {
            "revision": text(state.get("revision")),
            "branch": text(state.get("branch")),
            "location": location,
        }
        name = text(pin.get("identity")) or text(pin.get("package"))
        if location:
            namespace = place(location).rpartition("/")[0]
            entries.add(name, state.get("version"), metadata, namespace=namespace)


def place(location: str) -> str:
    """Return host and path of a repository's address: `host/owner/name`."""
    match = _SCHEME.match(location)
    rest = location[match.end() :] if match is not None else location
    if "://" not in location:
        rest = rest.replace(":", "/", 1)
    return rest.strip("/").removesuffix(".git").strip("/")
