"""A SQLite database together with the log beside it: which packages of both are installed.

Both files' facts have the pages of the table `Packages`; those of the log replace those of the database.
Rows whose record is not in the log are in the database: the log has every page that changed.
"""

from typing import Any

from analyze.catalogers.rpm.sqlite import Tree

_PAGES = 2_000_000


def live(database: dict[str, Any], log: dict[str, Any]) -> tuple[set[int], set[int]]:
    """Return the positions in `packages` of the details of a database and of its log that are installed."""
    below, newer = database.get("tree", {}), log.get("tree", {})
    interiors = {**below.get("interiors", {}), **newer.get("interiors", {})}
    leaves = {**below.get("leaves", {}), **newer.get("leaves", {})}
    changed = newer.get("leaves", {})
    for page in newer.get("interiors", {}):
        leaves.pop(page, None)
    for page in changed:
        interiors.pop(page, None)
    in_database = {row: position for position, row in enumerate(database.get("rows", ()))}
    in_log = {row: position for position, row in enumerate(log.get("rows", ()))}
    of_database: set[int] = set()
    of_log: set[int] = set()
    waiting = [str(newer.get("root") or below.get("root", 0))]
    seen: set[str] = set()
    while waiting and len(seen) < _PAGES:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        waiting += map(str, interiors.get(page, ()))
        for row in leaves.get(page, ()):
            if page in changed and row in in_log:
                of_log.add(in_log[row])
            elif row in in_database:
                of_database.add(in_database[row])
    return of_database, of_log


def stored(tree: Tree) -> dict[str, Any]:
    """Return a tree as JSON has it: page numbers that are keys are text."""
    return {
        "root": tree.root,
        "interiors": {str(page): below for page, below in tree.interiors.items()},
        "leaves": {str(page): rows for page, rows in tree.leaves.items()},
    }
