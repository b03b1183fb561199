"""Where the central directory of a ZIP archive is, and a part of a stream as a stream.

Source: PKWARE's APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
"""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

_END = struct.Struct("<4sHHHHIIH")
_END64_LOCATOR = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_COMMENT = 0xFFFF  # bytes at most


@dataclass(slots=True)
class Allowance:
    """What one file may make its readers do, over all archives nested in it. Counts down."""

    entries: int = 500_000
    inflated: int = 1 << 30  # bytes
    archives: int = 5_000
    signatures: int = 1_000_000  # of end records: a comment may be full of them


@dataclass(frozen=True, slots=True)
class End:
    """The end of central directory record, ZIP64's where it counts. `base`: how many bytes stand before the archive."""

    count: int
    size: int
    directory: int
    base: int

    @classmethod
    def find(cls, stream: BinaryIO, allowance: Allowance) -> "End":
        """Find it; raises `ValueError` with the reason when there is none."""
        whole = stream.seek(0, io.SEEK_END)
        start = max(0, whole - _END.size - _COMMENT)
        stream.seek(start)
        tail = stream.read(whole - start)
        at = _end_record(tail, allowance)
        if at < 0:
            raise ValueError("no ZIP archive: it has no end of central directory")
        _, disk, first, _, count, size, directory, _ = _END.unpack_from(tail, at)
        if (disk, first) not in ((0, 0), (0xFFFF, 0xFFFF), (0, 0xFFFF), (0xFFFF, 0)):
            raise ValueError("a ZIP archive in several parts")
        stop = start + at
        if count == 0xFFFF or 0xFFFFFFFF in (size, directory):
            wide = _end64(stream, stop)
            if wide is not None:
                count, size, directory, stop = wide
        return cls._placed(stream, count, size, directory, stop)

    @classmethod
    def _placed(cls, stream: BinaryIO, count: int, size: int, directory: int, stop: int) -> "End":
        for base in (stop - size - directory, 0):
            if base < 0 or directory + base + size > stop:
                continue
            stream.seek(directory + base)
            if stream.read(4) == b"PK\x01\x02" or not size:
                return cls(count, size, directory, base)
        raise ValueError("no ZIP archive: it has no central directory where its end record says")


def _end_record(tail: bytes, allowance: Allowance) -> int:
    """Return where the end record is: the last one whose comment fills the file, else the last that fits."""
    fits = -1
    at = len(tail)
    while allowance.signatures > 0:
        allowance.signatures -= 1
        at = tail.rfind(b"PK\x05\x06", 0, at)
        if at < 0:
            break
        stop = at + _END.size
        if stop <= len(tail):
            stop += int.from_bytes(tail[stop - 2 : stop], "little")
            if stop == len(tail):
                return at
            if stop < len(tail) and fits < 0:
                fits = at
        at += 3  # the end of the next search: a match may not start here again
    return fits


def _end64(stream: BinaryIO, end: int) -> tuple[int, int, int, int] | None:
    """Return count, size and offset of the directory, and where its end record is, of a ZIP64 archive."""
    at = end - _END64_LOCATOR.size
    if at < 0:
        return None
    stream.seek(at)
    signature, _, offset, _ = _END64_LOCATOR.unpack(stream.read(_END64_LOCATOR.size))
    if signature != b"PK\x06\x07":
        return None
    # Where the record stands is known but for bytes before the archive: then it is right before its locator.
    for place in (offset, at - _END64.size):
        if not 0 <= place <= at - _END64.size:
            continue
        stream.seek(place)
        fields = _END64.unpack(stream.read(_END64.size))
        if fields[0] == b"PK\x06\x06":
            return fields[7], fields[8], fields[9], place
    return None


class Window(io.RawIOBase):
    """A part of a stream as a stream of its own; several may share one that is used by turns."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._stream = stream
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; never before the start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the position in the window."""
        return self._position

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # as typeshed's WriteableBuffer
        """Fill `buffer` as far as the window goes; 0 at its end."""
        self._stream.seek(self._start + self._position)
        data = self._stream.read(max(0, min(len(buffer), self._size - self._position)))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
