"""The version resource of a PE file: what Windows' properties of a file show.

Source: Microsoft's "PE Format", section ".rsrc" (directories of types, names and languages), and
"VS_VERSIONINFO", "StringFileInfo", "StringTable", "String" and "VS_FIXEDFILEINFO" of the Win32 reference.
"""

import struct
from collections.abc import Iterator

from analyze.catalogers.executables.pe import RESOURCES, Directory, Pe
from analyze.catalogers.text import clean

_VERSION = 16  # RT_VERSION
_DIRECTORY = struct.Struct("<IIHHHH")
_ENTRY = struct.Struct("<II")
_DATA = struct.Struct("<IIII")
_BLOCK = struct.Struct("<HHH")
_FIXED = struct.Struct("<IIIIII")
_FIXED_SIGNATURE = 0xFEEF04BD
_BELOW = 0x80000000  # of an entry that leads to another directory
_ENTRIES = 4096  # of one directory
_LANGUAGES = 8
_LARGEST = 64 << 10  # a block's length has 16 bits
_BLOCKS = 2000
_STRINGS = 500


def version_resources(pe: Pe) -> dict[str, str]:
    """Return the strings by their names (`ProductName`, `FileVersion`, ...), in the first language that has each.

    Without a string `FileVersion` or `ProductVersion` the numbers in the fixed part give it; {} when
    there is no such resource. Raises `Malformed` on section tables that cannot be followed.
    """
    directory = pe.directory(RESOURCES)
    if directory is None:
        return {}
    found: dict[str, str] = {}
    for data in _versions(pe, directory):
        for key, value in _strings(data):
            if key not in found and len(found) < _STRINGS:
                found[key] = value
    return found


def _versions(pe: Pe, directory: Directory) -> Iterator[bytes]:
    """Yield the version resources of at most `_LANGUAGES` names and languages."""
    left = _LANGUAGES
    for _, types in _entries(pe, directory, 0, _VERSION):
        for _, names in _entries(pe, directory, types & ~_BELOW if types & _BELOW else -1):
            for _, place in _entries(pe, directory, names & ~_BELOW if names & _BELOW else -1):
                raw = pe.read_rva(directory.rva + place, _DATA.size) if not place & _BELOW else b""
                if len(raw) == _DATA.size and left:
                    rva, size, _, _ = _DATA.unpack(raw)
                    left -= 1
                    yield pe.read_rva(rva, min(size, _LARGEST))


def _entries(pe: Pe, directory: Directory, offset: int, wanted: int = -1) -> Iterator[tuple[int, int]]:
    """Yield identifier and place of the entries of a directory, or of the one with an identifier."""
    head = pe.read_rva(directory.rva + offset, _DIRECTORY.size) if offset >= 0 else b""
    if len(head) < _DIRECTORY.size:
        return
    _, _, _, _, named, numbered = _DIRECTORY.unpack(head)
    count = min(named + numbered, _ENTRIES)
    table = pe.read_rva(directory.rva + offset + _DIRECTORY.size, count * _ENTRY.size)
    given = 0
    for identifier, place in _ENTRY.iter_unpack(table[: len(table) // _ENTRY.size * _ENTRY.size]):
        if wanted in (-1, identifier) and given < _LANGUAGES:
            given += 1
            yield identifier, place


def _strings(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the strings of a VS_VERSIONINFO, then the versions that its fixed part has as numbers."""
    root = next(_blocks(data, 0, len(data), [1]), None)
    if root is None or root[0] != "VS_VERSION_INFO":
        return
    _, value, size, end = root
    left = [_BLOCKS]
    for kind, inner, _, inner_end in _blocks(data, _aligned(value + size), end, left):
        if kind == "StringFileInfo":
            for _, table, _, table_end in _blocks(data, inner, inner_end, left):
                for key, start, _, stop in _blocks(data, table, table_end, left):
                    text = _text(data[start:stop])
                    if key and text:
                        yield clean(key), text
    fixed = data[value : value + _FIXED.size]
    if size >= _FIXED.size and len(fixed) == _FIXED.size and _FIXED.unpack(fixed)[0] == _FIXED_SIGNATURE:
        numbers = _FIXED.unpack(fixed)
        for key, high, low in (("FileVersion", *numbers[2:4]), ("ProductVersion", *numbers[4:6])):
            if high or low:
                yield key, f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def _blocks(data: bytes, at: int, end: int, left: list[int]) -> Iterator[tuple[str, int, int, int]]:
    """Yield key, offset and size of the value, and end of each block between two offsets; `left` bounds them all."""
    end = min(end, len(data))
    while at + _BLOCK.size <= end and left[0] > 0:
        left[0] -= 1
        length, size, kind = _BLOCK.unpack_from(data, at)
        if length < _BLOCK.size or at + length > end:
            return
        start = at + _BLOCK.size
        stop = data.find(b"\0\0", start, at + length)
        while stop != -1 and (stop - start) % 2:
            stop = data.find(b"\0\0", stop + 1, at + length)
        if stop == -1:
            return
        yield _text(data[start:stop]), _aligned(stop + 2), size if kind == 0 else 2 * size, at + length
        at = _aligned(at + length)


def _text(raw: bytes) -> str:
    """Return UTF-16 text up to its NUL."""
    return clean(raw[: len(raw) // 2 * 2].decode("utf-16-le", "replace").partition("\0")[0])


def _aligned(offset: int) -> int:
    return offset + 3 & ~3
