"""Mach-O, thin and universal.

Source: Apple's mach-o/loader.h and mach-o/fat.h.
"""

import struct
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

MAGICS: dict[bytes, tuple[int, Literal["little", "big"]]] = {
    b"\xfe\xed\xfa\xce": (32, "big"),
    b"\xce\xfa\xed\xfe": (32, "little"),
    b"\xfe\xed\xfa\xcf": (64, "big"),
    b"\xcf\xfa\xed\xfe": (64, "little"),
}
FAT_MAGICS = {
    b"\xca\xfe\xba\xbe": struct.Struct(">IIIII"),
    b"\xca\xfe\xba\xbf": struct.Struct(">IIQQII"),
}
SLICES = 8  # of a universal file; a Java class file has its version there, which is 45 or more

_SEGMENT, _SYMTAB, _LOAD_DYLIB, _ID_DYLIB, _SEGMENT_64 = 0x1, 0x2, 0xC, 0xD, 0x19
_DYLIBS = frozenset((_LOAD_DYLIB, 0x80000018, 0x8000001F))  # also weak and re-exported ones
_COMMANDS = 4 << 20
_ZERO_FILL = frozenset((0x1, 0xC, 0x12))  # section types without content
_CPUS = {7: "386", 0x01000007: "amd64", 12: "arm", 0x0100000C: "arm64", 18: "ppc", 0x01000012: "ppc64"}


class MachO(Executable):
    """A thin Mach-O file, or one architecture of a universal one. Section names are those in their segment."""

    format = "macho"

    def __init__(self, window: Window) -> None:
        """Read the header. Raises `Malformed`."""
        self.window = window
        head = window.upto(0, 32)
        kind = MAGICS.get(head[:4])
        if kind is None or len(head) < 28:
            raise Malformed("no Mach-O header")
        self.bits, self.order = kind
        self.sign = "<" if self.order == "little" else ">"
        self.machine, _, self.type, self._count, self._size = struct.unpack_from(self.sign + "5I", head, 4)
        self.architecture = _CPUS.get(self.machine, "")

    @cached_property
    def commands(self) -> tuple[tuple[int, bytes], ...]:
        """The load commands: kind, and content with its header."""
        if self._size > _COMMANDS or self._count > self._size // 8:
            raise Malformed(f"{self._count} load commands in {self._size} bytes")
        data = self.window.at(28 if self.bits == 32 else 32, self._size)
        found = []
        position = 0
        for _ in range(self._count):
            if position + 8 > len(data):
                raise Malformed("the load commands are cut off")
            kind, size = struct.unpack_from(self.sign + "II", data, position)
            if size < 8 or position + size > len(data):
                raise Malformed(f"a load command of {size} bytes")
            found.append((kind, data[position : position + size]))
            position += size
        return tuple(found)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections of all segments."""
        return self._loaded[1]

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments with what the file has of them."""
        return self._loaded[0]

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The paths of the libraries that LC_LOAD_DYLIB and its kin load."""
        return tuple(name for kind, body in self.commands if kind in _DYLIBS and (name := self._dylib(body)))

    @cached_property
    def soname(self) -> str:
        """The path in LC_ID_DYLIB, or ""."""
        return next((self._dylib(body) for kind, body in self.commands if kind == _ID_DYLIB), "")

    @cached_property
    def symbol_table(self) -> tuple[int, int, int, int] | None:
        """What LC_SYMTAB says: offset and number of symbols, offset and size of their names; or None."""
        for kind, body in self.commands:
            if kind == _SYMTAB and len(body) >= 24:
                symbols, count, strings, size = struct.unpack_from(self.sign + "4I", body, 8)
                return symbols, count, strings, size
        return None

    @cached_property
    def _loaded(self) -> tuple[tuple[Segment, ...], tuple[Section, ...]]:
        wide = self.bits == 64
        # name vmaddr vmsize fileoff filesize maxprot initprot nsects flags
        header = struct.Struct(self.sign + ("16s4Q4I" if wide else "16s4I4I"))
        # sectname segname addr size offset align reloff nreloc flags reserved
        entry = struct.Struct(self.sign + ("16s16sQQ8I" if wide else "16s16sII7I"))
        segments: list[Segment] = []
        sections: list[Section] = []
        for kind, body in self.commands:
            if kind != (_SEGMENT_64 if wide else _SEGMENT) or len(body) < 8 + header.size:
                continue
            _, address, _, offset, size, _, protection, count, _ = header.unpack_from(body, 8)
            segments.append(Segment(address, offset, size, bool(protection & 2), bool(protection & 4)))
            start = 8 + header.size
            if len(segments) > SEGMENTS or count > SECTIONS - len(sections) or count * entry.size > len(body) - start:
                raise Malformed(f"{count} sections in a segment of {len(body)} bytes")
            for one in entry.iter_unpack(body[start : start + count * entry.size]):
                held = 0 if one[8] & 0xFF in _ZERO_FILL else one[3]
                sections.append(Section(text(one[0]), one[2], one[4], held, flags=one[8]))
        return tuple(segments), tuple(sections)

    def _dylib(self, body: bytes) -> str:
        if len(body) < 24:
            return ""
        (offset,) = struct.unpack_from(self.sign + "I", body, 8)
        return text(body[offset : offset + NAME])


def slices(window: Window) -> list[Window]:
    """Return the architectures of a universal file; none when it is not one. Raises `Malformed`."""
    head = window.upto(0, 8)
    layout = FAT_MAGICS.get(head[:4])
    count = int.from_bytes(head[4:8], "big")
    if layout is None or not 0 < count <= SLICES:
        return []
    table = window.at(8, count * layout.size)
    return [window.slice(one[2], one[3]) for one in layout.iter_unpack(table)]
