"""What ELF, PE and Mach-O files have in common: named sections, and segments that map addresses to offsets."""

from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, Literal

from analyze.catalogers.text import decoded

SECTIONS = 65_536  # of one file; linkers make a hundred
SEGMENTS = 1024  # each address that is looked up is compared with all of them
NAME = 256  # bytes of a section's or symbol's name that are read


class Malformed(ValueError):
    """An executable whose tables cannot be followed; the message says why."""


@dataclass(frozen=True, slots=True)
class Section:
    """A named range. `offset` and `size` are the bytes in the file (0 of them when it has none there)."""

    name: str
    address: int
    offset: int
    size: int
    type: int = 0  # ELF sh_type; else 0
    flags: int = 0  # ELF sh_flags, PE Characteristics, Mach-O flags
    link: int = 0  # ELF sh_link; else 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A range that is loaded: `size` bytes from `offset` of the file to `address`."""

    address: int
    offset: int
    size: int
    writable: bool = False
    executable: bool = False


class Window:
    """Checked reads of `size` bytes of a stream from `base` on. The stream stays the caller's."""

    def __init__(self, stream: BinaryIO, base: int, size: int) -> None:
        self.size = size
        self._stream = stream
        self._base = base

    def at(self, offset: int, size: int) -> bytes:
        """Return exactly `size` bytes; raises `Malformed` when they are not all there."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise Malformed(f"{size} bytes at {offset} are not in a file of {self.size}")
        self._stream.seek(self._base + offset)
        data = self._stream.read(size)
        if len(data) != size:
            raise Malformed(f"{size} bytes at {offset} could not be read")
        return data

    def upto(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes, as many as there are."""
        if offset < 0 or offset >= self.size:
            return b""
        return self.at(offset, min(size, self.size - offset))

    def slice(self, offset: int, size: int) -> "Window":
        """Return a part of it; raises `Malformed` when it is not all there."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise Malformed(f"{size} bytes at {offset} are not in a file of {self.size}")
        return Window(self._stream, self._base + offset, size)


class Executable:
    """One executable image. Reading it is valid as long as its stream is open.

    `architecture` is the name that Go's GOARCH has for it (amd64, arm64, 386, arm, ...), or "" when
    unknown; `bits` 32 or 64 or 0; `order` "little" or "big". Properties raise `Malformed`.
    """

    format = ""  # elf, pe or macho
    architecture = ""
    bits = 0
    order: Literal["little", "big"] = "little"
    window: Window

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in order of the file's table."""
        return ()

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """What is loaded from the file, in order of the file's table."""
        return ()

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The shared libraries that are loaded with it, by the names it gives them."""
        return ()

    @cached_property
    def soname(self) -> str:
        """The name that a shared library gives itself, or ""."""
        return ""

    def section(self, name: str) -> Section | None:
        """Return the first section of that name."""
        return self._by_name.get(name)

    def read(self, section: Section, limit: int, offset: int = 0) -> bytes:
        """Return up to `limit` bytes of a section from `offset` on; fewer where the section or the file ends."""
        if offset < 0:
            return b""
        return self.window.upto(section.offset + offset, max(0, min(limit, section.size - offset)))

    def offset_of(self, address: int) -> tuple[int, int] | None:
        """Return the file offset of a loaded address and how many bytes follow it there, or None."""
        for segment in self.segments:
            into = address - segment.address
            if 0 <= into < segment.size:
                return segment.offset + into, segment.size - into
        return None

    def read_address(self, address: int, size: int) -> bytes:
        """Return up to `size` bytes of what is loaded at `address`; b"" when nothing of the file is."""
        place = self.offset_of(address)
        return self.window.upto(place[0], max(0, min(size, place[1]))) if place is not None else b""

    @cached_property
    def _by_name(self) -> dict[str, Section]:
        names: dict[str, Section] = {}
        for section in self.sections:
            names.setdefault(section.name, section)
        return names


def text(raw: bytes) -> str:
    """Return a NUL-terminated name of at most `NAME` bytes."""
    return decoded(raw[:NAME].split(b"\0", 1)[0])
