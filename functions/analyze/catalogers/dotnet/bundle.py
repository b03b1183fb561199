"""Single-file programs: a host with the files of the program behind it.

Source: dotnet/designs, `accepted/2020/single-file/design.md`, and dotnet/runtime's
`src/native/corehost/bundle` (header.h, file_entry.h, bundle_marker.h). The host's data has the offset of
the bundle's header right before SHA-256(".net core bundle"); the header says where the deps.json is.
"""

import struct
from collections.abc import Iterator

from analyze.catalogers.executables import Executable, Malformed, Window

_SIGNATURE = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")
_HEADER = struct.Struct("<IIi")
_LOCATIONS = struct.Struct("<qqqqQ")
_ENTRIES = 10_000
_DEPS_JSON = 3  # type of an entry
_DATA = 32 << 20  # bytes of a host's data that are searched
_CHUNK = 1 << 20
_LARGEST = 16 << 20
LEAST = 64  # bytes behind an executable that may be a bundle


def deps_json(executable: Executable) -> bytes | None:
    """Return the deps.json in a single-file program, None when it is none or has none. Raises `Malformed`."""
    window = executable.window
    if window.size - max((one.offset + one.size for one in executable.sections), default=0) < LEAST:
        return None
    for place in _data(executable):
        header = _header(window, *place)
        if header > 0:
            location = _location(window, header)
            return None if location is None else window.at(*location)
    return None


def _data(executable: Executable) -> Iterator[tuple[int, int]]:
    for section in executable.sections:
        if section.name in (".data", ".rodata", ".rdata", "__data", "__const") and section.size >= len(_SIGNATURE) + 8:
            yield section.offset, min(section.size, _DATA)


def _header(window: Window, offset: int, size: int) -> int:
    """Return the offset of the bundle's header when a part of the file has the marker, else 0."""
    overlap = len(_SIGNATURE) + 8
    for start in range(offset, offset + size, _CHUNK):
        data = window.upto(start, min(_CHUNK + overlap, offset + size - start))
        at = data.find(_SIGNATURE, 8)
        if at != -1:
            return int(struct.unpack_from("<q", data, at - 8)[0])
    return 0


def _location(window: Window, offset: int) -> tuple[int, int] | None:
    """Return offset and size of the deps.json. Raises `Malformed`."""
    major, _, count = _HEADER.unpack(window.at(offset, _HEADER.size))
    offset += _HEADER.size
    _, offset = _text(window, offset)
    if major >= 2:
        start, size, _, _, _ = _LOCATIONS.unpack(window.at(offset, _LOCATIONS.size))
        return (start, size) if start > 0 and 0 < size <= _LARGEST else None
    for _ in range(min(max(count, 0), _ENTRIES)):
        start, size, kind = struct.unpack("<qqB", window.at(offset, 17))
        _, offset = _text(window, offset + 17)
        if kind == _DEPS_JSON:
            return (start, size) if start > 0 and 0 < size <= _LARGEST else None
    return None


def _text(window: Window, offset: int) -> tuple[bytes, int]:
    """Return a string with its length before it in seven bits a byte, and the offset after it."""
    length = 0
    for shift in range(0, 35, 7):
        (byte,) = window.at(offset, 1)
        offset += 1
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return window.at(offset, length), offset + length
    raise Malformed("a string in a bundle has no length")
