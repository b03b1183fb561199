"""ELF, both classes and both byte orders.

Source: the System V ABI, chapters 4 (object files: header, sections, string tables, notes) and 5
(program headers, dynamic section), with the extended numbering of gABI's "ELF Header".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from analyze.catalogers.executables.image import (
    NAME,
    SECTIONS,
    SEGMENTS,
    Executable,
    Malformed,
    Section,
    Segment,
    Window,
    text,
)

MAGIC = b"\x7fELF"
EXECUTABLE, SHARED = 2, 3  # e_type; 1 are object files and kernel modules, 4 core dumps

_LOAD, _DYNAMIC, _NOTE = 1, 2, 4  # p_type
_NOBITS, _SHT_NOTE = 8, 7  # sh_type
_DT_NEEDED, _DT_STRTAB, _DT_SONAME = 1, 5, 14
_XINDEX, _XNUM = 0xFFFF, 0xFFFF
_STRINGS = 16 << 20  # bytes of section names; linkers make a kilobyte
_DYNAMIC_SIZE = 1 << 20
_LIBRARIES = 1024
_NOTES = 4096
_NOTE_SIZE = 1 << 20

_HEADERS = {
    (bits, order): struct.Struct(sign + ("HHIIIIIHHHHHH" if bits == 32 else "HHIQQQIHHHHHH"))
    for bits in (32, 64)
    for order, sign in (("little", "<"), ("big", ">"))
}
_SECTION_HEADERS = {
    key: struct.Struct(header.format[0] + ("10I" if key[0] == 32 else "IIQQQQIIQQ")) for key, header in _HEADERS.items()
}
# 32 bits: type offset vaddr paddr filesz memsz flags align; 64 bits: flags follow type
_PROGRAM_HEADERS = {
    key: struct.Struct(header.format[0] + ("8I" if key[0] == 32 else "IIQQQQQQ")) for key, header in _HEADERS.items()
}
_DYNAMICS = {
    key: struct.Struct(header.format[0] + ("II" if key[0] == 32 else "QQ")) for key, header in _HEADERS.items()
}

# e_machine, with the names of GOARCH where Go has one
_MACHINES = {
    2: "sparc",
    3: "386",
    8: "mips",
    20: "ppc",
    22: "s390x",
    40: "arm",
    43: "sparc64",
    62: "amd64",
    183: "arm64",
    243: "riscv64",
    247: "bpf",
    258: "loong64",
}


@dataclass(frozen=True, slots=True)
class Program:
    """One program header; `size` is what the file has of it."""

    type: int
    flags: int
    address: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Note:
    """One note: who defined its type, and what it holds."""

    name: str
    type: int
    content: bytes


class Elf(Executable):
    """An ELF file. Besides what all have: `type` (e_type), `machine` (e_machine), `programs`, notes."""

    format = "elf"

    def __init__(self, window: Window) -> None:
        """Read the header. Raises `Malformed`."""
        self.window = window
        head = window.upto(0, 64)
        kind = identify(head)
        if kind is None:
            raise Malformed("no ELF header")
        self.bits, self.order = self._key = kind
        self.sign = "<" if self.order == "little" else ">"
        header = _HEADERS[kind]
        if len(head) < 16 + header.size:
            raise Malformed("the ELF header is cut off")
        fields = header.unpack_from(head, 16)
        self.type, self.machine = fields[0], fields[1]
        self._program_table, self._section_table = fields[4], fields[5]
        self._program_size, self._program_count = fields[8], fields[9]
        self._section_size, self._section_count, self._strings_index = fields[10:13]
        self.architecture = _architecture(self.machine, self.bits, self.order)

    @property
    def has_sections(self) -> bool:
        """Whether there are named sections: programs run without. Raises `Malformed`."""
        return bool(self._strings)

    def names_section(self, name: bytes) -> bool:
        """Tell whether the table of section names has this one, without reading the sections.

        True may be wrong (a longer name that ends so), False is not. Raises `Malformed`.
        """
        return name + b"\0" in self._strings

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections, the empty one at the start among them: `Section.link` counts so."""
        strings = self._strings
        if not strings:
            return ()
        layout = _SECTION_HEADERS[self._key]
        found = []
        table = self.window.at(self._section_table, layout.size * self._numbers[0])
        for name, kind, flags, address, offset, size, link, *_ in layout.iter_unpack(table):
            raw = strings[name : name + NAME]
            found.append(Section(text(raw), address, offset, 0 if kind == _NOBITS else size, kind, flags, link))
        return tuple(found)

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """All program headers."""
        layout = _PROGRAM_HEADERS[self._key]
        count = self._program_count
        if count == _XNUM and self._section_table:
            count = self._first_section[7]
        if not count or not self._program_table:
            return ()
        if count > SEGMENTS or self._program_size != layout.size:
            raise Malformed(f"{count} program headers of {self._program_size} bytes")
        table = self.window.at(self._program_table, layout.size * count)
        if self.bits == 32:
            return tuple(Program(one[0], one[6], one[2], one[1], one[4]) for one in layout.iter_unpack(table))
        return tuple(Program(one[0], one[1], one[3], one[2], one[5]) for one in layout.iter_unpack(table))

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """What PT_LOAD loads."""
        return tuple(
            Segment(one.address, one.offset, one.size, bool(one.flags & 2), bool(one.flags & 1))
            for one in self.programs
            if one.type == _LOAD
        )

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The values of DT_NEEDED."""
        return self._dynamic_names(_DT_NEEDED)

    @cached_property
    def soname(self) -> str:
        """The value of DT_SONAME, or ""."""
        return next(iter(self._dynamic_names(_DT_SONAME)), "")

    def notes(self) -> Iterator[Note]:
        """Yield the notes of all note sections; without sections, those of PT_NOTE. Raises `Malformed`."""
        ranges = [(one.offset, one.size) for one in self.sections if one.type == _SHT_NOTE]
        if not self.sections:
            ranges = [(one.offset, one.size) for one in self.programs if one.type == _NOTE]
        left = _NOTE_SIZE  # of all: sections may overlap
        for offset, size in ranges[:_NOTES]:
            data = self.window.upto(offset, min(size, left))
            left -= len(data)
            yield from notes(data, self.order)

    @cached_property
    def _numbers(self) -> tuple[int, int]:
        """How many sections there are, and which one has their names."""
        count, strings = self._section_count, self._strings_index
        if self._section_table and not count:
            count = self._first_section[5]
        if strings == _XINDEX and self._section_table:
            strings = self._first_section[6]
        return count, strings

    @cached_property
    def _first_section(self) -> tuple[int, ...]:
        layout = _SECTION_HEADERS[self._key]
        return layout.unpack(self.window.at(self._section_table, layout.size))

    @cached_property
    def _strings(self) -> bytes:
        """The names of the sections; b"" when there are no sections."""
        if not self._section_table:
            return b""
        layout = _SECTION_HEADERS[self._key]
        count, strings = self._numbers
        if not count or not strings:
            return b""
        if count > SECTIONS or self._section_size != layout.size:
            raise Malformed(f"{count} section headers of {self._section_size} bytes")
        if strings >= count:
            raise Malformed(f"names in section {strings} of {count}")
        header = layout.unpack(self.window.at(self._section_table + strings * layout.size, layout.size))
        if header[1] == _NOBITS:
            return b""
        if header[5] > _STRINGS:
            raise Malformed(f"{header[5]} bytes of section names")
        return self.window.at(header[4], header[5]) + b"\0"

    @cached_property
    def _dynamic(self) -> tuple[tuple[int, int], ...]:
        layout = _DYNAMICS[self._key]
        found = []
        for program in self.programs:
            if program.type == _DYNAMIC:
                table = self.window.upto(program.offset, min(program.size, _DYNAMIC_SIZE))
                for tag, value in layout.iter_unpack(table[: len(table) // layout.size * layout.size]):
                    if not tag:
                        break
                    found.append((tag, value))
                break
        return tuple(found)

    def _dynamic_names(self, wanted: int) -> tuple[str, ...]:
        strings = next((value for tag, value in self._dynamic if tag == _DT_STRTAB), None)
        if strings is None:
            return ()
        values = [value for tag, value in self._dynamic if tag == wanted][:_LIBRARIES]
        found = (text(self.read_address(strings + value, NAME)) for value in values)
        return tuple(name for name in found if name)


def identify(head: bytes) -> tuple[int, Literal["little", "big"]] | None:
    """Return the bits and byte order of an ELF file that starts with `head`, or None."""
    if not head.startswith(MAGIC) or len(head) < 6 or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    return (32 if head[4] == 1 else 64), ("little" if head[5] == 1 else "big")


def notes(data: bytes, order: str) -> Iterator[Note]:
    """Yield the notes in a note section or segment; ends where they make no sense."""
    layout = struct.Struct(("<" if order == "little" else ">") + "III")
    position = count = 0
    while position + layout.size <= len(data) and count < _NOTES:
        name_size, size, kind = layout.unpack_from(data, position)
        start = position + layout.size
        content = start + (name_size + 3) // 4 * 4
        if name_size > NAME or content + size > len(data):
            return
        yield Note(text(data[start : start + name_size]), kind, data[content : content + size])
        position = content + (size + 3) // 4 * 4
        count += 1


def _architecture(machine: int, bits: int, order: str) -> str:
    little = order == "little"
    if machine == 21:
        return "ppc64le" if little else "ppc64"
    if machine == 8:
        return ("mips64" if bits == 64 else "mips") + ("le" if little else "")
    return _MACHINES.get(machine, "")
