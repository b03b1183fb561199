"""Nix's database of valid store paths, schema 10.

Source: `schema.sql` in Nix's `src/libstore`.
"""

from collections import defaultdict
from typing import Any

from analyze.catalogers.nix.names import parse
from analyze.catalogers.sqlite_memory import Database, Unreadable, opened
from analyze.catalogers.text import PACKAGES, Reasons, clean

_REFERENCES = 2_000_000
_TABLES = ("ValidPaths", "DerivationOutputs", "Refs")


def packages(data: bytes, reasons: Reasons) -> list[dict[str, Any]]:
    """Return the store paths that are packages: path, name, version, storeHash, and hash, deriver, output, references.

    `references` are positions in the list of what a path needs at run time. Empty values are absent.
    """
    found: list[dict[str, Any]] = []
    try:
        with opened(data, _TABLES) as database:
            _read(database, found, reasons)
    except Unreadable as error:
        reasons.add(str(error))
    return found


def _read(database: Database, found: list[dict[str, Any]], reasons: Reasons) -> None:
    if "ValidPaths" not in database.tables:
        reasons.add("the database has no table ValidPaths")
        return
    outputs = _outputs(database) if "DerivationOutputs" in database.tables else {}
    positions: dict[int, int] = {}
    for number, path, digest, deriver in database.rows("SELECT id, path, hash, deriver FROM ValidPaths"):
        package = _package(path, digest, deriver, outputs)
        if package is None or not isinstance(number, int):
            continue
        if len(found) == PACKAGES:
            reasons.add(f"more than {PACKAGES} packages")
            break
        positions[number] = len(found)
        found.append(package)
    if "Refs" in database.tables:
        _refer(database, found, positions)


def _outputs(database: Database) -> dict[str, str]:
    rows = database.rows("SELECT path, id FROM DerivationOutputs LIMIT ?", 4 * PACKAGES)
    return {path: clean(name) for path, name in rows if isinstance(path, str) and isinstance(name, str)}


def _package(path: Any, digest: Any, deriver: Any, outputs: dict[str, str]) -> dict[str, Any] | None:
    if not isinstance(path, str) or not path.startswith("/"):
        return None
    name = parse(path.rpartition("/")[2], outputs.get(path, ""))
    if name is None:
        return None
    found = {
        "path": clean(path),
        "name": name.name,
        "version": name.version,
        "storeHash": name.hash,
        "output": name.output,
        "hash": clean(digest) if isinstance(digest, str) else "",
        "deriver": clean(deriver) if isinstance(deriver, str) else "",
    }
    return {key: value for key, value in found.items() if value}


def _refer(database: Database, found: list[dict[str, Any]], positions: dict[int, int]) -> None:
    references: dict[int, set[int]] = defaultdict(set)
    for referrer, reference in database.rows("SELECT referrer, reference FROM Refs LIMIT ?", _REFERENCES):
        if referrer in positions and reference in positions and referrer != reference:
            references[positions[referrer]].add(positions[reference])
    for position, needed in references.items():
        found[position]["references"] = sorted(needed)
