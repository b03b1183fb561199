"""A package's header as every format of the database holds it.

Source: rpm's `docs/manual/hregions.md` and `lib/header.cc` (`hdrblobInit`), and `include/rpm/rpmtag.h` for
tags and types. Two numbers (entries and bytes of data), then 16 bytes an entry (tag, type, offset and
count), then the data; all big-endian. The magic of .rpm files is left out in databases.
"""

import struct
from bisect import bisect_right
from collections.abc import Collection

from analyze.catalogers.text import clean

LARGEST = 64 << 20  # bytes of a header; the largest in the wild, of packages with 100,000 files, have 15 MiB
_ENTRIES = 0xFFFF  # rpm's own limit
_ITEMS = 500_000  # of one entry
_SIZES = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_NUMBERS = {2: "B", 3: "H", 4: "I", 5: "Q"}  # by type
_TEXTS = frozenset({6, 8, 9})  # string, string array, translated string
_BINARY = 7


class Header:
    """The entries of one header whose tags are `wanted`. Numbers are read as unsigned.

    Entries that follow the signed region replace those of the same tag in it, as they do for rpm. Raises
    `ValueError` when the blob is no header.
    """

    def __init__(self, blob: bytes, wanted: Collection[int]) -> None:
        if len(blob) < _SIZES.size:
            raise ValueError("shorter than a header")
        entries, size = _SIZES.unpack_from(blob)
        start = _SIZES.size + _ENTRY.size * entries
        if not 0 < entries <= _ENTRIES or start + size > len(blob):
            raise ValueError(f"{entries} entries and {size} bytes of data are no header of {len(blob)} bytes")
        self._blob = blob
        self._start = start
        self._end = start + size
        self._entries: dict[int, tuple[int, int, int]] = {}
        offsets = set()
        for tag, kind, offset, count in _ENTRY.iter_unpack(blob[_SIZES.size : start]):
            offsets.add(offset)
            if tag in wanted:
                self._entries[tag] = (kind, offset, count)
        self._offsets = sorted(offsets)

    def text(self, tag: int) -> str:
        """Return the first or only string of a tag, or "". Raises `ValueError` when it has none."""
        found = self._strings(tag, most=1)
        return clean(found[0].decode("utf-8", "replace")) if found else ""

    def strings(self, tag: int) -> list[bytes]:
        """Return all strings of a tag. Raises `ValueError` when it holds something else, or fewer than it says."""
        return self._strings(tag)

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return all numbers of a tag. Raises `ValueError` when it holds something else, or fewer than it says."""
        entry = self._entries.get(tag)
        if entry is None:
            return ()
        kind, offset, count = entry
        letter = _NUMBERS.get(kind)
        if letter is None:
            raise ValueError(f"tag {tag} has the type {kind}, which is no number")
        numbers = f">{count}{letter}"
        if count > _ITEMS or offset + struct.calcsize(numbers) > self._end - self._start:
            raise ValueError(f"the {count} numbers of tag {tag} lie outside the header")
        return struct.unpack_from(numbers, self._blob, self._start + offset)

    def binary(self, tag: int) -> bytes:
        """Return the bytes of a tag. Raises `ValueError` when it holds something else, or fewer than it says."""
        entry = self._entries.get(tag)
        if entry is None:
            return b""
        kind, offset, count = entry
        if kind != _BINARY or offset + count > self._end - self._start:
            raise ValueError(f"tag {tag} has no {count} bytes")
        return self._blob[self._start + offset : self._start + offset + count]

    def _strings(self, tag: int, most: int = 0) -> list[bytes]:
        entry = self._entries.get(tag)
        if entry is None:
            return []
        kind, offset, count = entry
        if kind not in _TEXTS:
            raise ValueError(f"tag {tag} has the type {kind}, which is no text")
        count = min(count, most) if most else count
        start = self._start + offset
        if start >= self._end or count > min(_ITEMS, self._end - start):
            raise ValueError(f"the {count} strings of tag {tag} lie outside the header")
        following = bisect_right(self._offsets, offset)
        end = self._end if following == len(self._offsets) else min(self._end, self._start + self._offsets[following])
        found = self._blob[start:end].split(b"\0", count)
        if len(found) <= count:
            raise ValueError(f"tag {tag} has fewer than {count} strings")
        return found[:count]
