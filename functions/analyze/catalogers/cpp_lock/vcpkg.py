"""vcpkg.json.

Source: Microsoft's "vcpkg.json Reference". A manifest names dependencies, of which `overrides` pin some; the
versions of the others are those of a revision of the registry, which it does not list.
"""

from collections.abc import Mapping
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.lockfile.entries import Entries, number, table, tables, text

_VERSIONS = ("version", "version-semver", "version-date", "version-string")


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    for override in tables(table(loads(data)).get("overrides")):
        version, hash_, port = _version(override).partition("#")
        port = port if hash_ else str(number(override.get("port-version")) or "")
        if version:
            metadata = {
                "version": version,
                "port-version": number(port),
                "full-version": f"{version}#{port}" if port else version,
            }
            entries.add(override.get("name"), version, metadata, qualifiers={"port_version": port})


def _version(override: Mapping[str, Any]) -> str:
    return next((found for field in _VERSIONS if (found := text(override.get(field)))), "")
