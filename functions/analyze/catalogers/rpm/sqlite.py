"""SQLite's database (`rpmdb.sqlite`) and its log: the rows of the table `Packages`.

Source: rpm's `lib/backend/sqlite.cc` for the schema.
"""

from collections.abc import Iterator
from typing import BinaryIO

from analyze.catalogers.sqlite import Database, Log, Tree
from analyze.catalogers.sqlite.pages import columns
from analyze.catalogers.sqlite.tables import table_root
from analyze.catalogers.text import Reasons

_TABLE = "Packages"
_BLOB = 12  # serial types from here on, if even


def blobs(stream: BinaryIO, size: int, reasons: Reasons, tree: Tree) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the header of each package, and fill `tree`. Damage is named in `reasons`."""
    try:
        database = Database(stream, size, reasons)
    except ValueError as error:
        reasons.add(str(error))
        return
    found = database.tables((_TABLE,)).get(_TABLE)
    if found is None:
        return
    tree.root = found.root
    for cell in database.rows(tree):
        record = database.record(cell)
        blob = _header(record) if record is not None else None
        if blob:
            yield cell.row, blob
        else:
            reasons.add(f"row {cell.row} has no header, or only part of one")


def logged(stream: BinaryIO, reasons: Reasons, tree: Tree) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the header of each package that is whole in a log, and fill `tree`.

    Its root is 0 when the log does not say.
    Rows may be of a page that the table has left since: what is live only the database can tell.
    """
    try:
        log = Log(stream)
    except ValueError as error:
        reasons.add(str(error))
        return
    for number, below, found in log.pages(reasons):
        if below is not None:
            tree.interiors[number] = below
        elif found and not _has_header(found[0].local):
            for cell in found:
                said = table_root(cell.local)
                if said is not None and said[0] == _TABLE:
                    tree.root = said[1]
                    break
        else:
            tree.leaves[number] = [cell.row for cell in found]
            for cell in found:
                record = log.record(cell)
                blob = _header(record) if record is not None else None
                if blob:
                    yield cell.row, blob


def _has_header(local: bytes) -> bool:
    """Tell from the first bytes of a record whether it has a blob, as the rows of `Packages` alone do."""
    try:
        return any(kind >= _BLOB and kind % 2 == 0 for kind, _, _ in columns(local))
    except ValueError:
        return False


def _header(record: bytes) -> bytes | None:
    """Return the first blob of a record."""
    try:
        return next((record[at:end] for kind, at, end in columns(record) if kind >= _BLOB and kind % 2 == 0), None)
    except ValueError:
        return None
