"""Nix's database of valid store paths, schema 10.

Source: `schema.sql` in Nix's `src/libstore`. SQLite reads the file out of memory: a database in
write-ahead mode has to be declared an ordinary one first (file format section 1.3.3, bytes 18 and 19),
and what only its `-wal` holds is not seen.
"""

import sqlite3
from collections import defaultdict
from typing import Any

from analyze.catalogers.nix.names import parse
from analyze.catalogers.text import PACKAGES, Reasons, clean

MAGIC = b"SQLite format 3\0"
_STEPS = 100_000  # virtual machine instructions between two looks at the budget
_BUDGET = 3000  # looks: a million rows take about 200
_REFERENCES = 2_000_000
_TEXT = 1 << 20  # bytes of one value
_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
_TABLES = ("ValidPaths", "DerivationOutputs", "Refs")


def packages(data: bytes, reasons: Reasons) -> list[dict[str, Any]]:
    """Return the store paths that are packages: path, name, version, storeHash, and hash, deriver, output, references.

    `references` are positions in the list of what a path needs at run time. Empty values are absent.
    """
    found: list[dict[str, Any]] = []
    connection = sqlite3.connect(":memory:")
    try:
        _read(connection, data, found, reasons)
    except (sqlite3.Error, OverflowError, UnicodeError) as error:  # also of a damaged name in a message
        reasons.add(f"SQLite cannot read on: {clean(str(error))[:200]}")
    finally:
        connection.close()
    return found


def _read(connection: sqlite3.Connection, data: bytes, found: list[dict[str, Any]], reasons: Reasons) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _TEXT)
    connection.deserialize(data[:18] + b"\x01\x01" + data[20:] if data[18:20] == b"\x02\x02" else data)
    looks = iter(range(_BUDGET))
    connection.set_progress_handler(lambda: next(looks, None) is None, _STEPS)
    connection.text_factory = lambda value: value.decode("utf-8", "replace")
    present = _tables(connection)
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY)
    if "ValidPaths" not in present:
        reasons.add("the database has no table ValidPaths")
        return
    outputs = _outputs(connection) if "DerivationOutputs" in present else {}
    positions: dict[int, int] = {}
    for number, path, digest, deriver in connection.execute("SELECT id, path, hash, deriver FROM ValidPaths"):
        package = _package(path, digest, deriver, outputs)
        if package is None or not isinstance(number, int):
            continue
        if len(found) == PACKAGES:
            reasons.add(f"more than {PACKAGES} packages")
            break
        positions[number] = len(found)
        found.append(package)
    if "Refs" in present:
        _refer(connection, found, positions)


def _tables(connection: sqlite3.Connection) -> set[str]:
    """Return which of the tables are tables: no views and no virtual ones, which could compute anything."""
    found = set()
    for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
        if name in _TABLES and isinstance(sql, str) and sql.upper().startswith("CREATE TABLE"):
            found.add(name)
    return found


def _outputs(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT path, id FROM DerivationOutputs LIMIT ?", (4 * PACKAGES,))
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


def _refer(connection: sqlite3.Connection, found: list[dict[str, Any]], positions: dict[int, int]) -> None:
    references: dict[int, set[int]] = defaultdict(set)
    for referrer, reference in connection.execute("SELECT referrer, reference FROM Refs LIMIT ?", (_REFERENCES,)):
        if referrer in positions and reference in positions and referrer != reference:
            references[positions[referrer]].add(positions[reference])
    for position, needed in references.items():
        found[position]["references"] = sorted(needed)
