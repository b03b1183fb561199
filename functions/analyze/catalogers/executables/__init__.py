"""Readers of ELF, PE and Mach-O files that several catalogers share.

They seek to what is asked for, read nothing else, and check every offset against the file's size.
`Malformed`, a `ValueError`, says why a file cannot be followed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from analyze.catalogers.contract import LayerFile
from analyze.catalogers.executables import elf, macho, pe
from analyze.catalogers.executables.elf import Elf
from analyze.catalogers.executables.image import Executable, Malformed, Section, Segment, Window
from analyze.catalogers.executables.macho import MachO
from analyze.catalogers.executables.pe import Pe

__all__ = [
    "MAGICS",
    "MOST",
    "Elf",
    "Executable",
    "MachO",
    "Malformed",
    "Pe",
    "Section",
    "Segment",
    "Window",
    "executables",
    "is_program",
    "open_executable",
    "opened",
]

MAGICS: tuple[bytes, ...] = (elf.MAGIC, pe.MAGIC, *macho.MAGICS, *macho.FAT_MAGICS)
"""For `Patterns.magic`."""

MOST = 1 << 30  # bytes of one executable

_ELF_TYPES = frozenset((elf.EXECUTABLE, elf.SHARED))


def is_program(head: bytes) -> bool:
    """Tell by its first 64 bytes whether a file may be a program or a shared library.

    Object files, kernel modules and core dumps are none, nor is a Java class file, which shares its
    first bytes with universal Mach-O files.
    """
    if head.startswith(elf.MAGIC):
        kind = elf.identify(head)
        return kind is not None and int.from_bytes(head[16:18], kind[1]) in _ELF_TYPES
    magic = head[:4]
    if magic in macho.FAT_MAGICS:
        return 0 < int.from_bytes(head[4:8], "big") <= macho.SLICES
    return magic in macho.MAGICS or (head.startswith(pe.MAGIC) and len(head) >= 64)


def executables(stream: BinaryIO, size: int) -> list[Executable]:
    """Return the executable in a seekable stream of `size` bytes: one, or one an architecture, or none.

    Raises `Malformed` when it starts like one and cannot be one.
    """
    window = Window(stream, 0, size)
    head = window.upto(0, 8)
    if head.startswith(elf.MAGIC):
        return [Elf(window)]
    if head[:4] in macho.MAGICS:
        return [MachO(window)]
    if head.startswith(pe.MAGIC):
        return [Pe(window)] if pe.is_pe(window) else []
    return [MachO(part) for part in macho.slices(window)]


def open_executable(stream: BinaryIO, size: int) -> Executable | None:
    """Return the executable in a stream, of a universal file the first; see `executables`."""
    return next(iter(executables(stream, size)), None)


@contextmanager
def opened(file: LayerFile) -> Iterator[list[Executable]]:
    """Give the executables in a file as long as the block lasts; none when `is_program` says that it is none.

    Raises `Malformed`, and what `file.open` raises.
    """
    if not is_program(file.head(64)):
        yield []
        return
    with file.open() as stream:
        yield executables(stream, file.size)
