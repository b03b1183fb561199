"""A SQLite database together with the log beside it: which packages of both are installed.

Both files' facts have `kind` (database or log), `packages`, `rows` (the number of each package's row) and
`tree` (the pages of their table). Pages of the log replace those of the
database. Rows whose record is not in the log are in the database: the log has every page that changed.
"""

from collections.abc import Sequence
from typing import Any

from analyze.catalogers.contract import FileFacts
from analyze.catalogers.lookup import Lookup
from analyze.catalogers.sqlite.tables import Tree

LOG = b"-wal"
_PAGES = 2_000_000


class Installed:
    """Which packages of a file are installed: all, but of a database and its log those that the other leaves."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._last: tuple[FileFacts, Sequence[int] | set[int]] | None = None

    def positions(self, evidence: FileFacts) -> Sequence[int] | set[int]:
        """Return the positions in `packages` of those that are."""
        if self._last is None or self._last[0] is not evidence:
            self._last = (evidence, self._positions(evidence))
        return self._last[1]

    def log(self, database: FileFacts) -> FileFacts | None:
        """Return the log of a database, None when there is none."""
        found = self._lookup.at(database.path + LOG, database) if "tree" in database.facts.detail else None
        return found if found is not None and found.facts.detail.get("kind") == "log" else None

    def _positions(self, evidence: FileFacts) -> Sequence[int] | set[int]:
        detail = evidence.facts.detail
        if detail["kind"] == "log":
            database = self._lookup.at(evidence.path.removesuffix(LOG), evidence)
            return live(database.facts.detail, detail)[1] if database is not None else ()
        log = self.log(evidence)
        return live(detail, log.facts.detail)[0] if log is not None else range(len(detail["packages"]))


def live(database: dict[str, Any], log: dict[str, Any]) -> tuple[set[int], set[int]]:
    """Return the positions in `packages` of the details of a database and of its log that are installed."""
    below, newer = database.get("tree", {}), log.get("tree", {})
    changed = newer.get("leaves", {})
    leaves = {**below.get("leaves", {}), **changed}
    for page in newer.get("interiors", {}):
        leaves.pop(page, None)
    in_database = {row: position for position, row in enumerate(database.get("rows", ()))}
    in_log = {row: position for position, row in enumerate(log.get("rows", ()))}
    of_database: set[int] = set()
    of_log: set[int] = set()
    for page in reached(below, newer):
        for row in leaves.get(page, ()):
            if page in changed and row in in_log:
                of_log.add(in_log[row])
            elif row in in_database:
                of_database.add(in_database[row])
    return of_database, of_log


def reached(below: dict[str, Any], newer: dict[str, Any]) -> set[str]:
    """Return the pages of a table, of its stored trees in a database and in its log."""
    interiors = {**below.get("interiors", {}), **newer.get("interiors", {})}
    for page in newer.get("leaves", {}):
        interiors.pop(page, None)
    waiting = [str(newer.get("root") or below.get("root", 0))]
    seen: set[str] = set()
    while waiting and len(seen) < _PAGES:
        page = waiting.pop()
        if page not in seen:
            seen.add(page)
            waiting += map(str, interiors.get(page, ()))
    return seen


def stored(tree: Tree) -> dict[str, Any]:
    """Return a tree as JSON has it: page numbers that are keys are text."""
    return {
        "root": tree.root,
        "interiors": {str(page): below for page, below in tree.interiors.items()},
        "leaves": {str(page): rows for page, rows in tree.leaves.items()},
    }
