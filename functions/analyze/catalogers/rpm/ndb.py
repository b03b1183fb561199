"""rpm's own database format (`Packages.db`), as SUSE has it.

Source: rpm's `lib/backend/ndb/rpmpkg.cc`. A header of 32 bytes, then slots of 16 up to the end of the slot
pages, each with the place of a blob in blocks of 16 bytes; all little-endian.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from analyze.catalogers.rpm.header import LARGEST
from analyze.catalogers.text import Reasons

MAGIC = b"RpmP"
_HEADER = struct.Struct("<4sIIII")
_SLOT = struct.Struct("<4sIII")
_BLOB = struct.Struct("<4sIII")
_FIRST = 32  # where the slots start
_PAGE = 4096
_BLOCK = 16
_MOST_PAGES = 4096  # a million slots


def blobs(stream: BinaryIO, size: int, reasons: Reasons) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the header of each package. Damage is named in `reasons`."""
    head = stream.read(_HEADER.size)
    if len(head) < _HEADER.size:
        reasons.add("cut short in its header")
        return
    magic, version, _, pages, _ = _HEADER.unpack(head)
    if magic != MAGIC or version != 0:
        reasons.add(f"no NDB of version 0, but {version}")
        return
    if pages * _PAGE > size or pages > _MOST_PAGES:
        reasons.add(f"{pages} slot pages in {size} bytes")
        pages = min(size // _PAGE, _MOST_PAGES)
    stream.seek(_FIRST)
    slots = stream.read(max(0, pages * _PAGE - _FIRST))
    left = size  # blobs do not overlap, so together they are no longer than the file
    for mark, package, block, blocks in _SLOT.iter_unpack(slots[: len(slots) // _SLOT.size * _SLOT.size]):
        if mark != b"Slot":
            reasons.add("a slot without its mark")
            return
        if not package or not block:
            continue
        left -= blocks * _BLOCK
        if left < 0:
            reasons.add("blobs that overlap")
            return
        blob = _blob(stream, package, block * _BLOCK, blocks * _BLOCK)
        if blob is None:
            reasons.add(f"package {package} has no blob at {block * _BLOCK}")
        else:
            yield package, blob


def _blob(stream: BinaryIO, package: int, offset: int, room: int) -> bytes | None:
    stream.seek(offset)
    head = stream.read(_BLOB.size)
    if len(head) < _BLOB.size:
        return None
    mark, number, _, length = _BLOB.unpack(head)
    if mark != b"BlbS" or number != package or length > min(room, LARGEST):
        return None
    blob = stream.read(length)
    return blob if len(blob) == length else None
