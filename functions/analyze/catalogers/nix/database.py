"""Nix's database of valid store paths, schema 10, and what its write-ahead log has of it.

Source: `schema.sql` in Nix's `src/libstore`: ValidPaths has id, path, hash, registration time and deriver
first, DerivationOutputs the derivation's id, the output's name and its path, Refs a path's id and that of one
it refers to. Ids are never given twice, so what the log has of a path that is gone is of no other path.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from analyze.catalogers.nix.names import parse
from analyze.catalogers.sqlite import Database, Log, Tree, stored
from analyze.catalogers.sqlite.pages import Value
from analyze.catalogers.sqlite.tables import table_root
from analyze.catalogers.text import PACKAGES, Reasons, clean

_REFERENCES = 2_000_000
_PATHS, _OUTPUTS, _REFS = "ValidPaths", "DerivationOutputs", "Refs"

Row = tuple[int, Sequence[Value]]


@dataclass(slots=True)
class _Found:
    """Packages (path, name, version, storeHash, and where known hash, deriver and output) and their ids."""

    packages: list[dict[str, Any]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def add(self, row: Row, outputs: dict[str, str], reasons: Reasons) -> bool:
        """Add the package of a row of ValidPaths, if it is one; False when there are too many."""
        number, columns = row
        _, path, digest, _, deriver = (*columns, *(5 * (None,)))[:5]
        if not isinstance(path, str) or not path.startswith("/"):
            return True
        name = parse(path.rpartition("/")[2], outputs.get(path, ""))
        if name is None:
            return True
        if len(self.packages) == PACKAGES:
            reasons.add(f"more than {PACKAGES} packages")
            return False
        found = {
            "path": clean(path),
            "name": name.name,
            "version": name.version,
            "storeHash": name.hash,
            "output": name.output,
            "hash": clean(digest) if isinstance(digest, str) else "",
            "deriver": clean(deriver) if isinstance(deriver, str) else "",
        }
        self.packages.append({key: value for key, value in found.items() if value})
        self.rows.append(number)
        return True


def database(stream: BinaryIO, size: int, reasons: Reasons) -> dict[str, Any] | None:
    """Return `packages`, `rows` and `tree` (see `sqlite.joined`), and `references`, the tree of Refs without leaves.

    `references` of a package are the positions of those that it needs at run time.
    """
    found = _Found()
    try:
        opened = Database(stream, size, reasons)
    except ValueError as error:
        reasons.add(str(error))
        return None
    tables = opened.tables((_PATHS, _OUTPUTS, _REFS))
    outputs: dict[str, str] = {}
    for cell in opened.rows(tables[_OUTPUTS]) if _OUTPUTS in tables else ():
        _output(opened.values(cell), outputs)
    for cell in opened.rows(tables[_PATHS]) if _PATHS in tables else ():
        if not found.add((cell.row, opened.values(cell)), outputs, reasons):
            break
    positions = {row: position for position, row in enumerate(found.rows)}
    references: dict[int, set[int]] = defaultdict(set)
    left = _REFERENCES
    for cell in opened.rows(tables[_REFS]) if _REFS in tables else ():
        pair = _pair(opened.values(cell))
        if pair and pair[0] != pair[1] and pair[0] in positions and pair[1] in positions and left:
            references[positions[pair[0]]].add(positions[pair[1]])
            left -= 1
    for position, needed in references.items():
        found.packages[position]["references"] = sorted(needed)
    refs = stored(tables.get(_REFS, Tree()))
    return {
        "packages": found.packages,
        "rows": found.rows,
        "tree": stored(tables.get(_PATHS, Tree())),
        "references": {"root": refs["root"], "interiors": refs["interiors"]},
    }


def log(stream: BinaryIO, reasons: Reasons) -> dict[str, Any] | None:
    """Return `packages`, `rows` and `tree` (see `sqlite.joined`) of what a log has; None when that is nothing.

    `references` has a tree too; its leaves are pairs of ids.
    """
    try:
        opened = Log(stream)
    except ValueError as error:
        reasons.add(str(error))
        return None
    paths, refs = Tree(), Tree()
    pairs: dict[str, list[list[int]]] = {}
    outputs: dict[str, str] = {}
    candidates: list[Row] = []  # their outputs may be on a later page
    for number, below, cells in opened.pages(reasons):
        if below is not None:
            paths.interiors[number] = below
            continue
        rows: list[Row] = [(cell.row, opened.values(cell)) for cell in cells]
        if rows and len(rows[0][1]) == 2 and _pair(rows[0][1]):
            pairs[str(number)] = [list(pair) for _, columns in rows if (pair := _pair(columns))]
            continue
        roots = dict(filter(None, (table_root(cell.local) for cell in cells)))
        paths.root = roots.get(_PATHS, paths.root)
        refs.root = roots.get(_REFS, refs.root)
        paths.leaves[number] = [cell.row for cell in cells]
        candidates += [row for row in rows if not _output(row[1], outputs) and len(row[1]) >= 5 and row[1][0] is None]
    if not (paths.interiors or paths.leaves or pairs):
        return None
    found = _Found()
    for row in candidates:
        if not found.add(row, outputs, reasons):
            break
    return {
        "packages": found.packages,
        "rows": found.rows,
        "tree": stored(paths),
        "references": {"root": refs.root, "interiors": stored(paths)["interiors"], "leaves": pairs},
    }


def _output(columns: Sequence[Value], outputs: dict[str, str]) -> bool:
    """Note the output's name of a row of DerivationOutputs; False when it is none."""
    if len(columns) != 3 or not isinstance(columns[1], str) or not isinstance(columns[2], str):
        return False
    if len(outputs) < 4 * PACKAGES:
        outputs[columns[2]] = clean(columns[1])
    return True


def _pair(columns: Sequence[Value]) -> tuple[int, int] | None:
    first, second = (*columns, None, None)[:2]
    return (first, second) if isinstance(first, int) and isinstance(second, int) else None
