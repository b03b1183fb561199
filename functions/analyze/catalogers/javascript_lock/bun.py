"""bun.lock: JSON with commas after last items, and comments.

Source: Bun's "Text-based lockfile" and `src/install/lockfile/bun.lock.zig`. `packages` has a list each,
by where it lies (`a/b`: in a's directory): what resolved it, then depending on where it is from a
registry, an object with its dependencies, and an integrity.
"""

import re
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.javascript_lock.places import Places, nearest
from analyze.catalogers.lockfile.entries import Entries, mapping, table, text, texts
from analyze.catalogers.text import decoded

_TOKEN = re.compile(r'"(?>(?:[^"\\]|\\.)*)"?|//[^\n]*|/\*(?>(?:[^*]|\*(?!/))*)(?:\*/)?|,(?=\s*[\]}])', re.DOTALL)
_LOCAL = ("root:", "workspace:", "link:", "file:")
_NEEDED = ("dependencies", "optionalDependencies", "peerDependencies")


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = table(loads(_json(decoded(data)).encode("utf-8", "replace")))
    places = Places()
    positions: dict[str, int] = {}
    needs: dict[str, set[str]] = {}
    for place, values in table(document.get("packages")).items():
        if not isinstance(values, list) or not values:
            continue
        resolved = text(values[0])
        name, _, version = resolved[1:].partition("@")
        if not version or version.startswith(_LOCAL):
            continue
        described: dict[str, Any] = next((one for one in values[1:] if isinstance(one, dict)), {})
        integrity = next((one for one in map(text, values[1:]) if one.startswith("sha")), "")
        optional = set(texts(described.get("optionalPeers")))
        needs[place] = {name for field in _NEEDED for name in mapping(described.get(field))} - optional
        metadata = {"integrity": integrity, "dependencies": mapping(described.get("dependencies"))}
        positions[place] = entries.add(resolved[:1] + name, version, metadata)
        places.add(*_split(place), positions[place])
    for place, wanted in needs.items():
        upwards = places.upwards(place) if wanted else ()
        for name in sorted(wanted):
            entries.relate(positions[place], nearest(upwards, name))


def _split(place: str) -> tuple[str, str]:
    """Return the directory that a package lies in, and its name there, which may have a scope."""
    directory, _, name = place.rpartition("/")
    outer, _, scope = directory.rpartition("/")
    return (outer, f"{scope}/{name}") if scope.startswith("@") else (directory, name)


def _json(text_: str) -> str:
    """Return what a standard parser reads: no comments, no commas after last items."""
    return _TOKEN.sub(lambda match: match[0] if match[0][0] == '"' else " ", text_)
