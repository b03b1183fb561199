"""Version resources of PE files, as small as tests need."""

import struct
from collections.abc import Mapping

from tests.harness.executables import START, pe


def block(key: str, value: bytes = b"", children: bytes = b"", *, text: bool = True) -> bytes:
    """Return one block of a VS_VERSIONINFO, whose children follow its value."""
    head = key.encode("utf-16-le") + b"\0\0"
    head += bytes(-(6 + len(head)) % 4)
    inner = value + bytes(-len(value) % 4) + children if children else value
    size = len(value) // 2 if text else len(value)
    return struct.pack("<HHH", 6 + len(head) + len(inner), size, int(text)) + head + inner


def version_info(strings: Mapping[str, str], fixed: bytes = b"", language: str = "040904b0") -> bytes:
    """Return a VS_VERSIONINFO with one table of strings."""
    written = b""
    for key, value in strings.items():
        one = block(key, value.encode("utf-16-le") + b"\0\0")
        written += one + bytes(-len(one) % 4)
    table = block("StringFileInfo", children=block(language, children=written))
    return block("VS_VERSION_INFO", fixed, table, text=False)


def fixed_info(file: tuple[int, int, int, int], product: tuple[int, int, int, int]) -> bytes:
    """Return a VS_FIXEDFILEINFO."""
    numbers = [part for one in (file, product) for part in (one[0] << 16 | one[1], one[2] << 16 | one[3])]
    return struct.pack("<13I", 0xFEEF04BD, 0x10000, *numbers, *[0] * 7)


def resource_section(data: bytes, kind: int = 16) -> bytes:
    """Return a section of resources with one of a type, under the name 1 in one language."""
    table = struct.Struct("<IIHHHHII")
    directories = table.pack(0, 0, 0, 0, 0, 1, kind, 0x80000018) + table.pack(0, 0, 0, 0, 0, 1, 1, 0x80000030)
    directories += table.pack(0, 0, 0, 0, 0, 1, 1033, 0x48)
    return directories + struct.pack("<IIII", START + 0x58, len(data), 1200, 0) + data


def portable(section: bytes, *, resources: bool = True) -> bytes:
    """Return a PE32+ library with one section, which is its resources."""
    return pe({".rsrc": section}, directories={2: (START, len(section))} if resources else {})


def library(strings: Mapping[str, str], fixed: bytes = b"") -> bytes:
    """Return a PE32+ library with these strings in its version resource."""
    return portable(resource_section(version_info(strings, fixed)))
