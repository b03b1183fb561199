"""PE: executables and libraries of Windows and .NET.

Source: Microsoft's "PE Format": MS-DOS stub, COFF file header, optional header with its data
directories, section table.
"""

import struct
from dataclasses import dataclass
from functools import cached_property

from analyze.catalogers.executables.image import NAME, Executable, Malformed, Section, Segment, Window, text

MAGIC = b"MZ"
EXPORTS, IMPORTS, RESOURCES, CLR = 0, 1, 2, 14  # positions of data directories

_FILE_HEADER = struct.Struct("<HHIIIHH")
_SECTION_HEADER = struct.Struct("<8sIIIIIIHHI")
_DIRECTORY = struct.Struct("<II")
_DIRECTORIES = 16
_SECTIONS = 256  # Windows loads 96; each address that is looked up is compared with all of them
_OPTIONAL = 4096
_WRITE, _EXECUTE = 0x80000000, 0x20000000
_MACHINES = {0x14C: "386", 0x1C0: "arm", 0x1C4: "arm", 0x8664: "amd64", 0xAA64: "arm64", 0x5064: "riscv64"}


@dataclass(frozen=True, slots=True)
class Directory:
    """A data directory: where it is relative to the image base, and its size."""

    rva: int
    size: int


def is_pe(window: Window) -> bool:
    """Tell whether a file that starts like a program of MS-DOS is one of Windows."""
    start = int.from_bytes(window.upto(60, 4), "little")
    return window.upto(start, 4) == b"PE\0\0"


class Pe(Executable):
    """A PE file. Addresses are absolute: `base` (ImageBase) plus the relative address (RVA)."""

    format = "pe"

    def __init__(self, window: Window) -> None:
        """Read the headers up to the section table. Raises `Malformed`."""
        self.window = window
        stub = window.upto(0, 64)
        if len(stub) < 64 or not stub.startswith(MAGIC):
            raise Malformed("no MS-DOS header")
        start = int.from_bytes(stub[60:64], "little")
        head = window.upto(start, 4 + _FILE_HEADER.size)
        if len(head) < 4 + _FILE_HEADER.size or not head.startswith(b"PE\0\0"):
            raise Malformed("no PE header")
        fields = _FILE_HEADER.unpack_from(head, 4)
        self.machine, self._count, _, self._symbols, self._symbol_count, size, self.characteristics = fields
        self.architecture = _MACHINES.get(self.machine, "")
        optional = window.upto(start + len(head), min(size, _OPTIONAL))
        self._table = start + len(head) + size
        kind = int.from_bytes(optional[:2], "little")
        if kind not in (0x10B, 0x20B) or len(optional) < 96:
            raise Malformed(f"no optional header of PE32 or PE32+, but {kind:#x}")
        self.bits = 64 if kind == 0x20B else 32
        self.base = int.from_bytes(optional[24:32] if self.bits == 64 else optional[28:32], "little")
        first = 112 if self.bits == 64 else 96
        count = min(int.from_bytes(optional[first - 4 : first], "little"), _DIRECTORIES)
        found = optional[first : first + count * _DIRECTORY.size]
        whole = len(found) // _DIRECTORY.size * _DIRECTORY.size
        self.directories = tuple(Directory(*pair) for pair in _DIRECTORY.iter_unpack(found[:whole]))

    def directory(self, position: int) -> Directory | None:
        """Return a data directory that is not empty."""
        found = self.directories[position] if position < len(self.directories) else None
        return found if found is not None and found.rva and found.size else None

    def read_rva(self, rva: int, size: int) -> bytes:
        """Return up to `size` bytes of what is loaded at a relative address; b"" when nothing of the file is."""
        return self.read_address(self.base + rva, size)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections; `size` is the part in the file."""
        if self._count > _SECTIONS:
            raise Malformed(f"{self._count} sections")
        table = self.window.at(self._table, self._count * _SECTION_HEADER.size)
        return tuple(
            Section(self._name(one[0]), self.base + one[2], one[4] if one[3] else 0, one[3], flags=one[9])
            for one in _SECTION_HEADER.iter_unpack(table)
        )

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The sections, as they are loaded."""
        return tuple(
            Segment(one.address, one.offset, one.size, bool(one.flags & _WRITE), bool(one.flags & _EXECUTE))
            for one in self.sections
        )

    def _name(self, raw: bytes) -> str:
        """Return a section's name; a long one is `/` and its offset in the string table after the symbols."""
        name = text(raw)
        if not name.startswith("/") or not name[1:].isdecimal() or not self._symbols:
            return name
        return text(self.window.upto(self._symbols + 18 * self._symbol_count + int(name[1:]), NAME)) or name
