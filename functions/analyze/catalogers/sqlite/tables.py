"""SQLite's database file: which tables it has and the rows of each, page by page.

Source: https://www.sqlite.org/fileformat2.html, sections 1.3 (the header) and 2.6 (the schema).
"""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from analyze.catalogers.sqlite.pages import FILE_HEADER, Cell, Value, cells, children, columns, content, values
from analyze.catalogers.text import Reasons

MAGIC = b"SQLite format 3\0"
_SCHEMA_ROWS = 10_000
_ROWS = 2_000_000  # of one table
_DEPTH = 20  # of a tree; SQLite's own limit


@dataclass(slots=True)
class Tree:
    """How a table lies on its pages: `root`, the pages below each interior page, the row numbers of each leaf."""

    root: int = 0
    interiors: dict[int, list[int]] = field(default_factory=dict)
    leaves: dict[int, list[int]] = field(default_factory=dict)


def table_root(record: bytes) -> tuple[str, int] | None:
    """Return the name of a table and its root page, from its row of the schema or the first bytes of that.

    None for indexes, views and virtual tables, which have no root.
    """
    try:
        found = columns(record)
    except ValueError:
        return None
    if len(found) < 4 or record[found[0][1] : found[0][2]] != b"table" or found[1][0] < 13 or not found[1][0] % 2:
        return None
    kind, start, end = found[3]
    root = int.from_bytes(record[start:end], "big") if 0 < kind < 7 else int(kind == 9)
    return (record[found[1][1] : found[1][2]].decode("utf-8", "replace"), root) if root else None


class Database:
    """An open database. Raises `ValueError` when it is none; later damage is named in `reasons`."""

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
        self._encoding = head[59]
        self._stream = stream
        self._reasons = reasons
        self._pages = size // self._page_size
        self._used = bytearray(self._pages + 1)  # each page is part of one tree or one row

    def tables(self, wanted: Collection[str]) -> dict[str, Tree]:
        """Return the trees of these tables, as many as there are, not read yet.

        The first of them that is not there is an unknown, unless there are no tables at all: they may be in
        the log.
        """
        found: dict[str, Tree] = {}
        others = 0
        for cell in self.rows(Tree(root=1)):
            said = table_root(self.record(cell) or b"")
            if said is not None and said[0] in wanted:
                found.setdefault(said[0], Tree(root=said[1]))
            else:
                others += 1
            if len(found) == len(wanted) or others == _SCHEMA_ROWS:
                break
        missing = next((name for name in wanted if name not in found), None)
        if missing is not None and (found or others):
            self._reasons.add(f"no table {missing}")
        return found

    def rows(self, tree: Tree) -> Iterator[Cell]:
        """Yield the rows of the tree with that root, in order, and note its pages."""
        waiting = [(tree.root, 0)]
        left = _ROWS
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
                left -= len(found)
                if left < 0:
                    self._reasons.add(f"more than {_ROWS} rows in one table")
                    return
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

    def values(self, cell: Cell) -> list[Value]:
        """Return the first columns of a row, none of one that is damaged.

        A column that is the number of the row is None (section 2.3, `INTEGER PRIMARY KEY`).
        """
        record = self.record(cell)
        try:
            if record is not None:
                return values(record, self._encoding)
        except ValueError:
            pass
        self._reasons.add(f"row {cell.row} is damaged")
        return []

    def _page(self, number: int) -> bytes | None:
        if not 0 < number <= self._pages or self._used[number]:
            return None
        self._used[number] = 1
        self._stream.seek((number - 1) * self._page_size)
        page = self._stream.read(self._page_size)
        return page if len(page) == self._page_size else None
