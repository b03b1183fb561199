"""Pages of SQLite's tables.

Source: https://www.sqlite.org/fileformat2.html, sections 1.6 (b-tree pages), 1.7 (overflow pages) and 2.1
(records). SQL is not needed to read one table, and what a hostile schema makes of SQL is not met.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

LARGEST = 64 << 20  # bytes of a record
FILE_HEADER = 100  # bytes of page 1 before its b-tree
_INTERIOR, _LEAF = 5, 13
_HEADER = struct.Struct(">BHHHB")
_CHILD = struct.Struct(">I")
_OFFSET = struct.Struct(">H")
_COLUMNS = 16  # of a record, as many as are looked at
_INTEGERS = (0, 1, 2, 3, 4, 6, 8)  # bytes by serial type
_REAL = 7
_ENCODINGS = {2: "utf-16-le", 3: "utf-16-be"}
_CELL = 4  # bytes that an empty one takes, with what points to it

Value = int | float | str | bytes | None


class Cell(NamedTuple):
    """A row as its leaf page has it: `local` are the first bytes of its record, `overflow` the page of the next."""

    row: int
    length: int
    local: bytes
    overflow: int


def children(page: bytes, start: int) -> list[int] | None:
    """Return the numbers of the pages below an interior page of a table; None for another page.

    `start` is where the b-tree begins. Raises `ValueError` when the page is damaged.
    """
    kind, _, count, _, _ = _HEADER.unpack_from(page, start)
    if kind != _INTERIOR:
        return None
    offsets = _offsets(page, start + 12, count)
    return [_CHILD.unpack_from(page, offset)[0] for offset in offsets] + [_CHILD.unpack_from(page, start + 8)[0]]


def cells(page: bytes, start: int, usable: int) -> list[Cell] | None:
    """Return the rows of a leaf page of a table; None for another page.

    `usable` is the size of pages without their reserved bytes. Raises `ValueError` when the page is damaged.
    """
    kind, _, count, _, _ = _HEADER.unpack_from(page, start)
    if kind != _LEAF:
        return None
    found = []
    left = len(page)
    for offset in _offsets(page, start + 8, count):
        length, offset = _varint(page, offset)
        row, offset = _varint(page, offset)
        local = length
        if length > usable - 35:
            least = (usable - 12) * 32 // 255 - 23
            local = least + (length - least) % (usable - 4)
            local = local if local <= usable - 35 else least
        left -= local + _CELL
        if left < 0 or offset + local > len(page):
            raise ValueError("cells that overlap, or end outside their page")
        following = (
            _CHILD.unpack_from(page, offset + local)[0] if local < length and offset + local + 4 <= usable else 0
        )
        found.append(Cell(row, length, page[offset : offset + local], following))
    return found


def content(cell: Cell, usable: int, page: Callable[[int], bytes | None]) -> bytes | None:
    """Return the whole record of a row, or None when `page` has not all of it.

    `page` returns a page by its number, each once only: a chain that comes back is not followed. Raises
    `ValueError` when the record is too large.
    """
    if cell.length > LARGEST:
        raise ValueError(f"a record of {cell.length} bytes")
    parts = [cell.local]
    left, number = cell.length - len(cell.local), cell.overflow
    while left > 0:
        found = page(number) if number else None
        if found is None:
            return None
        part = found[4 : min(usable, 4 + left)]
        parts.append(part)
        left -= len(part)
        number = _CHILD.unpack_from(found)[0]
        if not part:
            return None
    return b"".join(parts)


def columns(record: bytes) -> list[tuple[int, int, int]]:
    """Return serial type, start and end of the first columns of a record, or of its first bytes.

    Raises `ValueError` when the record is damaged.
    """
    size, at = _varint(record, 0)
    start = size
    found: list[tuple[int, int, int]] = []
    while at < size and len(found) < _COLUMNS:
        kind, at = _varint(record, at)
        length = (kind - 12) // 2 if kind >= 12 else _INTEGERS[kind] if kind < 7 else 8 * (kind == _REAL)
        found.append((kind, start, start + length))
        start += length
    return found


def values(record: bytes, encoding: int = 1) -> list[Value]:
    """Return the first columns of a record; of one that is cut short, those that are whole.

    `encoding` is the database's (section 1.3.13); what is no text in it becomes U+FFFD. Raises `ValueError`
    when the record is damaged.
    """
    return [_value(kind, record[start:end], encoding) for kind, start, end in columns(record) if end <= len(record)]


def _value(kind: int, data: bytes, encoding: int) -> Value:
    if kind >= 12:
        return data.decode(_ENCODINGS.get(encoding, "utf-8"), "replace") if kind % 2 else data
    if kind == _REAL:
        return float(struct.unpack(">d", data)[0])
    if 0 < kind < 7:
        return int.from_bytes(data, "big", signed=True)
    return {8: 0, 9: 1}.get(kind)


def _offsets(page: bytes, start: int, count: int) -> tuple[int, ...]:
    if start + 2 * count > len(page):
        raise ValueError(f"{count} cells on one page")
    offsets = struct.unpack_from(f">{count}H", page, start)
    if offsets and max(offsets) + 4 > len(page):
        raise ValueError("a cell outside its page")
    return offsets


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and where it ends."""
    value = 0
    for position in range(at, min(at + 8, len(data))):
        byte = data[position]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position + 1
    if at + 8 >= len(data):
        raise ValueError("a number that is cut short")
    return value << 8 | data[at + 8], at + 9
