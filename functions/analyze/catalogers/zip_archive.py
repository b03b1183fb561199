"""ZIP archives (jar, war, whl, nupkg, ...), read through their central directory: bounded, never extracted.

Source: PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5 (records, ZIP64, general purpose bits), and for what
readers accept besides: OpenJDK's `java.util.zip.ZipFile` and Go's `archive/zip`. Both go by the central
directory alone, take the last end record, and allow bytes before the archive (self-executing jars).
"""

import io
import struct
import zlib
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from isal import isal_zlib

from analyze.catalogers.zip_parts import Allowance, End, Window

__all__ = ["DIRECTORY", "Allowance", "Entry", "ZipArchive"]

DIRECTORY = 32 << 20  # bytes of central directory
_CENTRAL = struct.Struct("<4s4xHH4xIIIHHH8xI")
_LOCAL = struct.Struct("<4s22xHH")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1 << 0 | 1 << 13  # the content, or the directory
_UTF8 = 1 << 11
_FEED = 1 << 18
_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive as the central directory has it. Sizes and `offset` in bytes, none of them checked."""

    name: str  # without a leading "/"
    size: int
    compressed: int
    method: int
    flags: int
    crc: int
    offset: int  # of the local header in the stream


class ZipArchive:
    """The entries of an archive that `wanted` asks for by their raw names, and their content.

    Of entries of one name the last counts, as in Java. `reasons` say what could not be read of the
    directory. Raises `ValueError` with the reason when the stream is no ZIP archive.
    """

    def __init__(self, stream: BinaryIO, wanted: Callable[[bytes], bool], allowance: Allowance | None = None) -> None:
        self.reasons: list[str] = []
        self._stream = stream
        self._allowance = allowance or Allowance()
        if self._allowance.archives <= 0:
            raise ValueError("more archives in one file than are read")
        self._allowance.archives -= 1
        self._spans: list[tuple[int, int, str]] = []  # of what was read, in order
        end = End.find(stream, self._allowance)
        self._base, self._directory = end.base, end.directory + end.base
        self.entries = self._entries(end, wanted)

    def read(self, entry: Entry, limit: int) -> bytes:
        """Return a file's content; raises `ValueError` with the reason when it is over `limit` bytes or damaged."""
        return self._inflated(entry, limit).getvalue()

    def open(self, entry: Entry, limit: int) -> BinaryIO:
        """Return a seekable stream: a window when the file is stored, else the content in memory as from `read`."""
        if entry.method != _STORED:
            buffer = self._inflated(entry, limit)
            buffer.seek(0)
            return buffer
        if entry.size > self._allowance.inflated:
            raise ValueError("more bytes in nested archives than are read")
        start = self._data(entry)
        self._allowance.inflated -= entry.size  # it will be hashed, level by level
        return io.BufferedReader(Window(self._stream, start, entry.size), 1 << 16)

    def _entries(self, end: End, wanted: Callable[[bytes], bool]) -> list[Entry]:
        self._stream.seek(self._directory)
        data = self._stream.read(min(end.size, DIRECTORY))
        if len(data) < end.size:
            self.reasons.append("its directory is " + ("too large" if len(data) == DIRECTORY else "cut off"))
        found: dict[str, Entry] = {}
        position = count = 0
        unpack, width = _CENTRAL.unpack_from, _CENTRAL.size
        most = self._allowance.entries
        while position + width <= len(data):
            signature, flags, method, crc, compressed, size, named, extra, comment, offset = unpack(data, position)
            if signature != b"PK\x01\x02":
                break
            if count == most:
                self.reasons.append("more entries in one file than are read")
                break
            count += 1
            start = position + width
            name = data[start : start + named]
            position = start + named + extra + comment
            if not wanted(name) or position > len(data):
                continue
            if 0xFFFFFFFF in (size, compressed, offset):
                fields = data[start + named : start + named + extra]
                size, compressed, offset = _zip64(fields, size, compressed, offset)
            text = _decoded(name, flags)
            found.pop(text, None)
            found[text] = Entry(text, size, compressed, method, flags, crc, offset + self._base)
        self._allowance.entries -= count
        if not self.reasons and count & 0xFFFF != end.count & 0xFFFF:
            self.reasons.append(f"its directory has {count} entries and claims {end.count}")
        return list(found.values())

    def _data(self, entry: Entry) -> int:
        """Return where an entry's bytes are; raises `ValueError` when they cannot be what they claim."""
        if entry.flags & _ENCRYPTED:
            raise ValueError("is encrypted")
        if entry.method not in (_STORED, _DEFLATED):
            raise ValueError(f"is compressed by method {entry.method}")
        if entry.method == _STORED and entry.compressed != entry.size:
            raise ValueError("is stored, with two sizes")
        if not 0 <= entry.offset <= self._directory - _LOCAL.size:
            raise ValueError("lies outside of the archive")
        self._stream.seek(entry.offset)
        header = self._stream.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise ValueError("has no local header")
        _, named, extra = _LOCAL.unpack(header)
        name = _decoded(self._stream.read(named), entry.flags)
        if name != entry.name:
            # Java reads it all the same, so what hides behind two names has to be read too.
            self.reasons.append(f"{entry.name[:200]}: is called {name[:200]!r} in its local header")
        start = entry.offset + _LOCAL.size + named + extra
        self._claim((entry.offset, start + entry.compressed, entry.name))
        return int(start)

    def _claim(self, span: tuple[int, int, str]) -> None:
        start, stop, _ = span
        if stop > self._directory:
            raise ValueError("reaches into the directory")
        at = bisect_left(self._spans, span)
        if at < len(self._spans) and self._spans[at] == span:
            return
        if (at and self._spans[at - 1][1] > start) or (at < len(self._spans) and self._spans[at][0] < stop):
            raise ValueError("overlaps another entry")
        self._spans.insert(at, span)

    def _inflated(self, entry: Entry, limit: int) -> io.BytesIO:
        if entry.size > limit:
            raise ValueError(f"inflates to {entry.size} bytes, over {limit}")
        if entry.size > self._allowance.inflated:
            raise ValueError("more bytes in nested archives than are read")
        start = self._data(entry)
        self._stream.seek(start)
        buffer = io.BytesIO()
        if entry.method == _STORED:
            buffer.write(self._stream.read(entry.size))
        else:
            _inflate(self._stream, entry, buffer)
        self._allowance.inflated -= buffer.tell()
        if buffer.tell() != entry.size or zlib.crc32(buffer.getbuffer()) != entry.crc:
            raise ValueError("is damaged: its size or checksum is another")
        return buffer


def _inflate(stream: BinaryIO, entry: Entry, buffer: io.BytesIO) -> None:
    inflater = isal_zlib.decompressobj(-15)
    left, data = entry.compressed, b""
    try:
        while not inflater.eof:
            if not data:
                data = stream.read(min(left, _FEED))
                left -= len(data)
                if not data:
                    return  # the size tells
            buffer.write(inflater.decompress(data, min(_PART, entry.size - buffer.tell() + 1)))
            if buffer.tell() > entry.size:
                raise ValueError("inflates to more than it declares")
            data = inflater.unconsumed_tail
    except isal_zlib.error as error:  # type: ignore[misc]  # isal's stub says it is an instance
        raise ValueError(f"is damaged: {error}") from None


def _zip64(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Return the values that the ZIP64 extra field has in the place of those that are all ones."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        position += 4
        if kind == 1:
            fields = extra[position : position + length]
            values = iter(struct.unpack_from(f"<{len(fields) // 8}Q", fields))
            size, compressed, offset = (
                next(values, value) if value == 0xFFFFFFFF else value for value in (size, compressed, offset)
            )
            break
        position += length
    return size, compressed, offset


def _decoded(name: bytes, flags: int) -> str:
    """Return a name as text. Most writers write UTF-8 without saying so; APPNOTE's default is code page 437."""
    try:
        text = name.decode("utf-8", "replace" if flags & _UTF8 else "strict")
    except UnicodeDecodeError:
        text = name.decode("cp437")
    return text.lstrip("/")
