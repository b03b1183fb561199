"""SQLite's write-ahead log (`rpmdb.sqlite-wal`): what its last commit leaves of each page.

Source: https://www.sqlite.org/fileformat2.html, section 4. A header, then frames of a page each; frames
count up to the last that commits, as long as salts and running checksums are right. Pages replace those of
the database, so rows may be in the log alone.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from analyze.catalogers.rpm.btree import FILE_HEADER, Cell, cells, children, content
from analyze.catalogers.rpm.sqlite import Tree, has_header, header, table_root
from analyze.catalogers.text import Reasons

_MAGIC = 0x377F0682  # the last bit tells the byte order of checksums
_VERSION = 3007000
_HEADER = struct.Struct(">IIIIIIII")
_FRAME = struct.Struct(">IIIIII")
_MASK = 0xFFFFFFFF
_CHILDREN = 500_000  # page numbers kept of one log
LARGEST = 64 << 20  # bytes; rpm writes it back every 1,000 pages


def is_wal(head: bytes) -> bool:
    """Tell whether a file's first 8 bytes are a log's."""
    return len(head) >= 8 and int.from_bytes(head[:4], "big") | 1 == _MAGIC | 1 and head[4:8] == _VERSION.to_bytes(4)


def blobs(stream: BinaryIO, reasons: Reasons, tree: Tree) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the header of each package that is whole in the log, and fill `tree`.

    Its root is 0 when the log does not say.
    Rows may be of a page that the table has left since: what is live only the database can tell.
    """
    try:
        pages = _Pages(stream)
    except ValueError as error:
        reasons.add(str(error))
        return
    kept = 0
    for number in pages.numbers:
        data = pages.page(number)
        start = FILE_HEADER if number == 1 else 0
        try:
            below = children(data, start)
            found = cells(data, start, pages.usable) if below is None else None
        except ValueError:
            continue  # a page of something else that looks like a table's
        if below is not None:
            kept += len(below)
            if kept > _CHILDREN:
                reasons.add(f"more than {_CHILDREN} pages below the log's")
                return
            tree.interiors[number] = below
        elif found and not has_header(found[0].local):
            tree.root = next(filter(None, (table_root(cell.local) for cell in found)), tree.root)
        elif found is not None:
            tree.leaves[number] = [cell.row for cell in found]
            yield from pages.blobs(found)


class _Pages:
    """The last committed content of each page."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size, self._offsets = _committed(stream)
        self.numbers = sorted(self._offsets)
        self.usable = self._size - (self.page(1)[20] if 1 in self._offsets else 0)
        self._left = 4 * len(self._offsets)  # pages left to read for rows, some of which a row left has in common

    def page(self, number: int) -> bytes:
        self._stream.seek(self._offsets[number])
        return self._stream.read(self._size)

    def blobs(self, rows: Iterable[Cell]) -> Iterator[tuple[int, bytes]]:
        for cell in rows:
            try:
                record = content(cell, self.usable, self._overflow)
            except ValueError:
                record = None
            blob = header(record) if record is not None else None
            if blob:
                yield cell.row, blob

    def _overflow(self, number: int) -> bytes | None:
        self._left -= 1
        return self.page(number) if number in self._offsets and self._left >= 0 else None


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
