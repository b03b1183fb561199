"""SQLite's database (`rpmdb.sqlite`): the rows of its table `Packages`, page by page.

Source: https://www.sqlite.org/fileformat2.html, and rpm's `lib/backend/sqlite.cc` for the schema.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from analyze.catalogers.rpm.btree import FILE_HEADER, Cell, cells, children, columns, content
from analyze.catalogers.text import Reasons

MAGIC = b"SQLite format 3\0"
_TABLE = (b"table", b"Packages")
_SCHEMA_ROWS = 10_000
_DEPTH = 20  # of a tree; SQLite's own limit
_BLOB = 12  # serial types from here on, if even


@dataclass(slots=True)
class Tree:
    """How a table lies on its pages: `root`, the pages below each interior page, the row numbers of each leaf."""

    root: int = 0
    interiors: dict[int, list[int]] = field(default_factory=dict)
    leaves: dict[int, list[int]] = field(default_factory=dict)


def blobs(stream: BinaryIO, size: int, reasons: Reasons, tree: Tree) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the header of each package, and fill `tree`. Damage is named in `reasons`."""
    try:
        database = _Database(stream, size, reasons)
    except ValueError as error:
        reasons.add(str(error))
        return
    others = 0
    for cell in database.rows(Tree(root=1)):
        tree.root = table_root(database.record(cell) or b"")
        if tree.root:
            break
        others += 1
        if others == _SCHEMA_ROWS:
            break
    if not tree.root:
        if others:  # else it may be in the log
            reasons.add("no table Packages")
        return
    for cell in database.rows(tree):
        record = database.record(cell)
        blob = header(record) if record is not None else None
        if blob:
            yield cell.row, blob
        else:
            reasons.add(f"row {cell.row} has no header, or only part of one")


def table_root(record: bytes) -> int:
    """Return the root page that a row of the schema gives to `Packages`, 0 when it is about something else."""
    try:
        found = columns(record)
    except ValueError:
        return 0
    if len(found) < 4 or tuple(record[start:end] for _, start, end in found[:2]) != _TABLE:
        return 0
    kind, start, end = found[3]
    if kind == 9:
        return 1
    return int.from_bytes(record[start:end], "big") if 0 < kind < 7 else 0


def has_header(local: bytes) -> bool:
    """Tell from the first bytes of a record whether it has a blob, as the rows of `Packages` alone do."""
    try:
        return any(kind >= _BLOB and kind % 2 == 0 for kind, _, _ in columns(local))
    except ValueError:
        return False


def header(record: bytes) -> bytes | None:
    """Return the first blob of a record."""
    try:
        return next((record[at:end] for kind, at, end in columns(record) if kind >= _BLOB and kind % 2 == 0), None)
    except ValueError:
        return None


class _Database:
    def __init__(self, stream: BinaryIO, size: int, reasons: Reasons) -> None:
        head = stream.read(FILE_HEADER)
        if len(head) < FILE_HEADER or not head.startswith(MAGIC):
            raise ValueError("cut short in its header")
        page_size = struct.unpack(">H", head[16:18])[0]
        self._page_size = 65536 if page_size == 1 else page_size
        if self._page_size < 512 or self._page_size & (self._page_size - 1):
            raise ValueError(f"a page size of {self._page_size}")
        self._usable = self._page_size - head[20]
        if self._usable < 480:
            raise ValueError(f"{head[20]} reserved bytes on each page")
        self._stream = stream
        self._reasons = reasons
        self._pages = size // self._page_size
        self._used = bytearray(self._pages + 1)  # each page is part of one tree or one row

    def rows(self, tree: Tree) -> Iterator[Cell]:
        """Yield the rows of the tree with that root, in order, and note its pages."""
        waiting = [(tree.root, 0)]
        while waiting:
            number, depth = waiting.pop()
            page = self._page(number) if depth <= _DEPTH else None
            if page is None:
                self._reasons.add(f"page {number} lies outside the file, or belongs to two tables or rows")
                continue
            start = FILE_HEADER if number == 1 else 0
            try:
                below = children(page, start)
                found = cells(page, start, self._usable) if below is None else []
            except ValueError as error:
                self._reasons.add(f"page {number}: {error}")
                continue
            if below is not None:
                tree.interiors[number] = below
                waiting += [(child, depth + 1) for child in reversed(below)]
            elif found is not None:
                tree.leaves[number] = [cell.row for cell in found]
                yield from found
            else:
                self._reasons.add(f"page {number} is no page of a table")

    def record(self, cell: Cell) -> bytes | None:
        """Return the whole record of a row, or None."""
        try:
            return content(cell, self._usable, self._page)
        except ValueError as error:
            self._reasons.add(f"row {cell.row}: {error}")
            return None

    def _page(self, number: int) -> bytes | None:
        if not 0 < number <= self._pages or self._used[number]:
            return None
        self._used[number] = 1
        self._stream.seek((number - 1) * self._page_size)
        page = self._stream.read(self._page_size)
        return page if len(page) == self._page_size else None
