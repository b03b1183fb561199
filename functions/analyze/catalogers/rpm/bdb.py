"""Berkeley DB's hash format (`Packages`), as rpm had it until 4.16.

Source: Berkeley DB 5.3, `src/dbinc/db_page.h`. Page 0 says the page size, and its byte order shows in the
magic. Hash pages hold pairs of a key and an item; what is large is on a chain of overflow pages.
"""

import operator
import struct
from collections.abc import Iterator
from typing import BinaryIO

from analyze.catalogers.rpm.header import LARGEST
from analyze.catalogers.text import Reasons

_MAGIC = 0x061561
_HASH_META, _HASH_UNSORTED, _OVERFLOW, _HASH = 8, 2, 7, 13  # page types
_HEADER = 26  # bytes of a page's own header
_ON_PAGE, _OFF_PAGE = 1, 3  # item types
_CHECKSUM = 0x01  # a flag of page 0


def is_bdb(head: bytes) -> bool:
    """Tell whether a file's first 16 bytes are a hash database's, in either byte order."""
    return len(head) >= 16 and _MAGIC in struct.unpack("<I", head[12:16]) + struct.unpack(">I", head[12:16])


def blobs(stream: BinaryIO, size: int, reasons: Reasons) -> Iterator[tuple[int, bytes]]:
    """Yield the page and the header of each package. Damage is named in `reasons`."""
    head = stream.read(72)
    if len(head) < 72 or not is_bdb(head):
        reasons.add("cut short in its first page")
        return
    order = "<" if struct.unpack("<I", head[12:16])[0] == _MAGIC else ">"
    page_size = struct.unpack(order + "I", head[20:24])[0]
    last = struct.unpack(order + "I", head[32:36])[0]
    encryption, kind, flags = head[24:27]
    if not 512 <= page_size <= 65536 or page_size & (page_size - 1):
        reasons.add(f"a page size of {page_size}")
    elif kind != _HASH_META or encryption or flags & _CHECKSUM:
        reasons.add("no plain hash database: encrypted, with checksums, or of another kind")
    else:
        if size < (last + 1) * page_size:
            reasons.add(f"cut short: {size} bytes of {last + 1} pages")
        yield from _Database(stream, order, page_size, min(last, size // page_size - 1), reasons).blobs()


class _Database:
    def __init__(self, stream: BinaryIO, order: str, page_size: int, last: int, reasons: Reasons) -> None:
        self._stream = stream
        self._page_size = page_size
        self._last = last
        self._reasons = reasons
        self._page_header = struct.Struct(order + "8xIIIHHBB")
        self._off_page = struct.Struct(order + "4xII")
        self._number = struct.Struct(order + "H")
        self._used = bytearray(last + 1)  # overflow pages read: each belongs to one item

    def blobs(self) -> Iterator[tuple[int, bytes]]:
        for page_number in range(1, self._last + 1):
            page = self._page(page_number)
            *_, entries, _, _, kind = self._page_header.unpack_from(page)
            if kind not in (_HASH, _HASH_UNSORTED):
                continue
            if _HEADER + 2 * entries > self._page_size:
                self._reasons.add(f"page {page_number} says it has {entries} entries")
                continue
            offsets = [self._page_size]
            offsets += [self._number.unpack_from(page, _HEADER + 2 * entry)[0] for entry in range(entries)]
            if any(map(operator.lt, offsets, offsets[1:])) or offsets[-1] < _HEADER + 2 * entries:
                self._reasons.add(f"page {page_number} has entries that overlap")
                continue
            for entry in range(2, entries + 1, 2):
                # Items grow downwards from the end of the page: each ends where the one before it starts.
                key = page[offsets[entry - 1] : offsets[entry - 2]]
                item = page[offsets[entry] : offsets[entry - 1]]
                if not any(key[1:]):
                    continue  # the key 0 holds the number of the next package
                try:
                    blob = self._item(item)
                except ValueError as error:
                    self._reasons.add(f"page {page_number}: {error}")
                else:
                    yield page_number, blob

    def _item(self, item: bytes) -> bytes:
        kind = item[0] if item else 0
        if kind == _ON_PAGE:
            return item[1:]
        if kind != _OFF_PAGE or len(item) < self._off_page.size:
            raise ValueError(f"an item of type {kind}")
        number, length = self._off_page.unpack_from(item)
        if length > LARGEST:
            raise ValueError(f"an item of {length} bytes")
        blob = bytearray()
        while number and len(blob) < length:
            if number > self._last or self._used[number]:
                raise ValueError(f"an overflow page {number} that does not exist, or is another item's")
            self._used[number] = 1
            page = self._page(number)
            _, _, following, _, used, _, page_kind = self._page_header.unpack_from(page)
            if page_kind != _OVERFLOW:
                raise ValueError(f"page {number} has the type {page_kind} and is no overflow page")
            blob += page[_HEADER : _HEADER + used]
            number = following
        if len(blob) != length:
            raise ValueError(f"{len(blob)} of {length} bytes on overflow pages")
        return bytes(blob)

    def _page(self, number: int) -> bytes:
        self._stream.seek(number * self._page_size)
        return self._stream.read(self._page_size)
