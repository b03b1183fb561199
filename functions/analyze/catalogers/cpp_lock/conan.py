"""conan.lock.

Source: "Lockfiles" of the documentations of Conan 1 (a graph: nodes by number, which name the nodes that they
require) and Conan 2 (lists of references).
"""

import re
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.conan.references import Reference, parse
from analyze.catalogers.lockfile.entries import Entries, table, text, texts

_LISTS = ("requires", "build_requires", "python_requires", "config_requires")
_REVISIONS = re.compile(r"#(?P<recipe>[^:%#\s]*)|:(?P<package>[^#%\s]*)(?:#(?P<revision>[^%\s]*))?|%(?P<time>\S*)")


def read_graph(data: bytes, entries: Entries) -> None:
    """Read one of Conan 1; raises `ValueError` when it is none."""
    nodes = table(table(table(loads(data)).get("graph_lock")).get("nodes"))
    if not nodes:
        raise ValueError("no nodes")
    positions: dict[str, int] = {}
    for key, node in nodes.items():
        described = table(node)
        reference = parse(text(described.get("ref")))
        if reference is not None:
            metadata = {
                "ref": reference.text,
                "package_id": text(described.get("package_id")),
                "prev": text(described.get("prev")),
                "path": text(described.get("path")),
                "context": text(described.get("context")),
                "options": _options(described.get("options")),
                "requires": texts(described.get("requires")),
                "build_requires": texts(described.get("build_requires")),
            }
            positions[key] = _add(entries, reference, metadata)
    for key, node in nodes.items():
        for field in ("requires", "build_requires"):
            for other in texts(table(node).get(field)):
                entries.relate(positions.get(key, -1), positions.get(other, -1))


def read_lists(data: bytes, entries: Entries) -> None:
    """Read one of Conan 2; raises `ValueError` when it is none."""
    document = table(loads(data))
    if not any(isinstance(document.get(field), list) for field in _LISTS):
        raise ValueError("no requires")
    for field in _LISTS:
        for one in texts(document.get(field)):
            reference = parse(one)
            if reference is None:
                entries.reasons.add(f"no reference: {one[:200]}")
                continue
            metadata = {"ref": reference.text, "username": reference.user, "channel": reference.channel}
            for match in _REVISIONS.finditer(reference.text):
                metadata |= {
                    "recipeRevision": match["recipe"] or metadata.get("recipeRevision", ""),
                    "packageID": match["package"] or metadata.get("packageID", ""),
                    "packageRevision": match["revision"] or metadata.get("packageRevision", ""),
                    "timestamp": match["time"] or metadata.get("timestamp", ""),
                }
            _add(entries, reference, metadata)


def _add(entries: Entries, reference: Reference, metadata: dict[str, Any]) -> int:
    return entries.add(
        reference.name,
        reference.version,
        metadata,
        namespace=reference.user,
        qualifiers={"channel": reference.channel},
    )


def _options(value: Any) -> list[dict[str, str]]:
    pairs = (line.partition("=") for line in text(value).split("\n")[:5000])
    return [{"key": key, "value": one} for key, equals, one in pairs if equals]
