"""cache.sqlite3: which package lies in which folder of Conan 2's cache.

Source: `conan/internal/cache/db/packages_table.py`: reference, recipe revision, package id, package revision
and path come first. The revision of a package that was not built is NULL.
"""

from typing import Any, BinaryIO

from analyze.catalogers.conan.references import parse
from analyze.catalogers.sqlite import Database
from analyze.catalogers.text import PACKAGES, Reasons, clean

_TABLE = "packages"


def packages(stream: BinaryIO, size: int, reasons: Reasons) -> list[dict[str, Any]]:
    """Return reference, name, version, package_id and `path` (relative to the cache) of each package."""
    found: list[dict[str, Any]] = []
    try:
        database = Database(stream, size, reasons)
    except ValueError as error:
        reasons.add(str(error))
        return found
    tree = database.tables((_TABLE,)).get(_TABLE)
    for cell in database.rows(tree) if tree is not None else ():
        columns = database.values(cell)[:5]
        if len(columns) < 5 or columns[3] is None:
            continue
        reference, revision, package_id, _, path = (one if isinstance(one, str) else "" for one in columns)
        parsed = parse(reference)
        if parsed is None or not path or ".." in path:
            continue
        if len(found) == PACKAGES:
            reasons.add(f"more than {PACKAGES} packages")
            break
        found.append(
            {
                "reference": clean(f"{parsed.text}#{revision}" if revision else parsed.text),
                "name": parsed.name,
                "version": parsed.version,
                "package_id": clean(package_id),
                "path": clean(path),
            }
        )
    return found
