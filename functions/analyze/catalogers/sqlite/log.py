"""SQLite's write-ahead log (the database's name and `-wal`): what its last commit leaves of each page.

Source: https://www.sqlite.org/fileformat2.html, section 4. A header, then frames of a page each; frames
count up to the last that commits, as long as salts and running checksums are right. Pages replace those of
the database, so rows may be in the log alone.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from analyze.catalogers.sqlite.pages import FILE_HEADER, Cell, Value, cells, children, content, values
from analyze.catalogers.text import Reasons

_MAGIC = 0x377F0682  # the last bit tells the byte order of checksums
_VERSION = 3007000
_HEADER = struct.Struct(">IIIIIIII")
_FRAME = struct.Struct(">IIIIII")
_MASK = 0xFFFFFFFF
_CHILDREN = 500_000  # page numbers kept of one log
_ROWS = 2_000_000
LARGEST = 64 << 20  # bytes; SQLite writes it back every 1,000 pages


def is_wal(head: bytes) -> bool:
    """Tell whether a file's first 8 bytes are a log's."""
    return len(head) >= 8 and int.from_bytes(head[:4], "big") | 1 == _MAGIC | 1 and head[4:8] == _VERSION.to_bytes(4)


class Log:
    """The last committed content of each page. Raises `ValueError` when the file is no log."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size, self._offsets = _committed(stream)
        first = self._page(1) if 1 in self._offsets else bytes(FILE_HEADER)
        self._usable = self._size - first[20]
        self._encoding = first[59]
        self._left = 4 * len(self._offsets)  # pages left to read for rows, some of which a row left has in common

    def pages(self, reasons: Reasons) -> Iterator[tuple[int, list[int] | None, list[Cell]]]:
        """Yield the number of each page of a table, the pages below it (None for a leaf) and its rows.

        Pages of other things, which may look like a table's, are among them, and such that a table has left.
        """
        kept = rows = 0
        for number in sorted(self._offsets):
            data = self._page(number)
            start = FILE_HEADER if number == 1 else 0
            try:
                below = children(data, start)
                found = cells(data, start, self._usable) if below is None else []
            except ValueError:
                continue
            kept += len(below or ())
            rows += len(found or ())
            if kept > _CHILDREN or rows > _ROWS:
                reasons.add(f"more than {_CHILDREN} pages below the log's, or {_ROWS} rows")
                return
            if found is not None:
                yield number, below, found

    def record(self, cell: Cell) -> bytes | None:
        """Return the record of a row, None when the log has only part of it."""
        try:
            return content(cell, self._usable, self._overflow)
        except ValueError:
            return None

    def values(self, cell: Cell) -> list[Value]:
        """Return the first columns of a row, none when the log has only part of it."""
        record = self.record(cell)
        try:
            return values(record, self._encoding) if record is not None else []
        except ValueError:
            return []

    def _page(self, number: int) -> bytes:
        self._stream.seek(self._offsets[number])
        return self._stream.read(self._size)

    def _overflow(self, number: int) -> bytes | None:
        self._left -= 1
        return self._page(number) if number in self._offsets and self._left >= 0 else None


def _committed(stream: BinaryIO) -> tuple[int, dict[int, int]]:
    """Return the page size, and where the last committed content of each page is."""
    head = stream.read(_HEADER.size)
    if not is_wal(head) or len(head) < _HEADER.size:
        raise ValueError("no write-ahead log of version 3007000")
    magic, _, page_size, _, salt, more_salt, first, second = _HEADER.unpack(head)
    if not 512 <= page_size <= 65536 or page_size & (page_size - 1):
        raise ValueError(f"a page size of {page_size}")
    order = ">" if magic & 1 else "<"
    if (first, second) != _checksum(order, head[:24], (0, 0)):
        return page_size, {}
    sums = (first, second)
    committed: dict[int, int] = {}
    pending: dict[int, int] = {}
    pages = 0
    at = _HEADER.size
    while len(frame := stream.read(_FRAME.size)) == _FRAME.size:
        data = stream.read(page_size)
        number, commit, *salts, first, second = _FRAME.unpack(frame)
        if len(data) < page_size or salts != [salt, more_salt] or not number:
            break
        sums = _checksum(order, data, _checksum(order, frame[:8], sums))
        if sums != (first, second):
            break
        pending[number] = at + _FRAME.size
        at += _FRAME.size + page_size
        if commit:
            committed |= pending
            pages, pending = commit, {}
    return page_size, {page: offset for page, offset in committed.items() if page <= pages}


def _checksum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    first, second = sums
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = first + one + second & _MASK
        second = second + other + first & _MASK
    return first, second
