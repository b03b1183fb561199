"""The assembly that a managed PE file says it is.

Source: ECMA-335, partition II: 25.3.3 (CLI header), 24.2.1 to 24.2.6 (metadata root, streams, the `#~`
stream and its indexes), 22 (the columns of each table).
"""

import struct
from typing import Final

from analyze.catalogers.executables import Pe
from analyze.catalogers.executables.pe import CLR
from analyze.catalogers.text import clean, decoded

_HEADER = struct.Struct("<IHHII")
_ROOT = 4096  # bytes in which the stream headers are
_NAME = 1024
_ASSEMBLY: Final = 0x20
_TABLES = 64

# Columns: a number of bytes, a heap (S, G, B), a table (its number in hexadecimal), or a coded index.
_CODED = {
    "TypeDefOrRef": (2, "02 01 1B"),
    "HasConstant": (2, "04 08 17"),
    "HasCustomAttribute": (
        5,
        "06 04 01 02 08 09 0A 00 0E 17 14 11 1A 1B 20 23 26 27 28 2A 2C 2B",
    ),
    "HasFieldMarshal": (1, "04 08"),
    "HasDeclSecurity": (2, "02 06 20"),
    "MemberRefParent": (3, "02 01 1A 06 1B"),
    "HasSemantics": (1, "14 17"),
    "MethodDefOrRef": (1, "06 0A"),
    "MemberForwarded": (1, "04 06"),
    "CustomAttributeType": (3, "06 0A"),
    "ResolutionScope": (2, "00 1A 23 01"),
}
_COLUMNS = (
    "2 S G G G",
    "ResolutionScope S S",
    "4 S S TypeDefOrRef #04 #06",
    "#04",
    "2 S B",
    "#06",
    "4 2 2 S B #08",
    "#08",
    "2 2 S",
    "#02 TypeDefOrRef",
    "MemberRefParent S B",
    "2 HasConstant B",
    "HasCustomAttribute CustomAttributeType B",
    "HasFieldMarshal B",
    "2 HasDeclSecurity B",
    "2 4 #02",
    "4 #04",
    "B",
    "#02 #14",
    "#14",
    "2 S TypeDefOrRef",
    "#02 #17",
    "#17",
    "2 S B",
    "2 #06 HasSemantics",
    "#02 MethodDefOrRef MethodDefOrRef",
    "S",
    "B",
    "2 MemberForwarded S #1A",
    "4 #04",
    "4 4",
    "4",
)


def is_managed(pe: Pe) -> bool:
    """Tell whether a PE file has a CLI header."""
    directory = pe.directory(CLR)
    return directory is not None and directory.size >= _HEADER.size


def assembly(pe: Pe) -> tuple[str, str] | None:
    """Return name and version of the assembly in a managed PE file, or None when it cannot be read.

    Raises `Malformed` on section tables that cannot be followed.
    """
    directory = pe.directory(CLR)
    header = pe.read_rva(directory.rva, _HEADER.size) if directory is not None else b""
    if len(header) < _HEADER.size:
        return None
    _, _, _, root, _ = _HEADER.unpack(header)
    try:
        streams = _streams(pe.read_rva(root, _ROOT))
        tables, strings = streams.get("#~", streams.get("#-")), streams.get("#Strings")
        if tables is None or strings is None:
            return None
        return _assembly(pe, root + tables, root + strings)
    except struct.error:
        return None


def _streams(data: bytes) -> dict[str, int]:
    """Return the offsets of the streams from the metadata root."""
    if data[:4] != b"BSJB":
        return {}
    (length,) = struct.unpack_from("<I", data, 12)
    if length > 255:
        return {}
    at = 16 + length
    (count,) = struct.unpack_from("<H", data, at + 2)
    at += 4
    found: dict[str, int] = {}
    for _ in range(min(count, 16)):
        offset, _ = struct.unpack_from("<II", data, at)
        end = data.find(b"\0", at + 8, at + 8 + 32)
        if end == -1:
            break
        found[decoded(data[at + 8 : end])] = offset
        at += 8 + (end - at - 8 + 4 & ~3)
    return found


def _assembly(pe: Pe, tables: int, strings: int) -> tuple[str, str] | None:
    head = pe.read_rva(tables, 24 + 4 * _TABLES)
    heaps = head[6] if len(head) > 6 else 0
    (valid,) = struct.unpack_from("<Q", head, 8)
    if not valid >> _ASSEMBLY & 1:
        return None
    rows = [0] * _TABLES
    at = 24
    for table in range(_TABLES):
        if valid >> table & 1:
            (rows[table],) = struct.unpack_from("<I", head, at)
            at += 4
    offset = tables + at + sum(rows[table] * _row(_COLUMNS[table], rows, heaps) for table in range(_ASSEMBLY))
    wide, blob = 4 if heaps & 1 else 2, 4 if heaps & 4 else 2
    row = pe.read_rva(offset, 16 + blob + 2 * wide)
    version = struct.unpack_from("<HHHH", row, 4)
    (name,) = struct.unpack_from("<I" if wide == 4 else "<H", row, 16 + blob)
    text = clean(decoded(pe.read_rva(strings + name, _NAME).partition(b"\0")[0]))
    return (text, ".".join(map(str, version))) if text else None


def _row(columns: str, rows: list[int], heaps: int) -> int:
    return sum(_width(column, rows, heaps) for column in columns.split())


def _width(column: str, rows: list[int], heaps: int) -> int:
    if column.isdigit():
        return int(column)
    if column in "SGB":
        return 4 if heaps >> "SGB".index(column) & 1 else 2
    if column[0] == "#":
        return 4 if rows[int(column[1:], 16)] > 0xFFFF else 2
    bits, tables = _CODED[column]
    most = max(rows[int(table, 16)] for table in tables.split())
    return 4 if most >= 1 << 16 - bits else 2
