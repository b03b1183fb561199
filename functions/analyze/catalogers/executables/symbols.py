"""Where an executable has a few named symbols.

Sources: System V ABI, "Symbol Table"; Apple's mach-o/nlist.h; Microsoft's "PE Format", export directory.
The names are searched as bytes first: tables of symbols are read only where a name occurs.
"""

import struct
from collections.abc import Iterable, Iterator

from analyze.catalogers.executables.elf import Elf
from analyze.catalogers.executables.image import Executable
from analyze.catalogers.executables.macho import MachO
from analyze.catalogers.executables.pe import EXPORTS, Pe

_STRINGS = 64 << 20
_TABLE = 64 << 20
_CHUNK = 1 << 20
_SPELLINGS = 64  # places where one name may be found: names share their ends
_EXPORTS = 20_000
_DIRECTORY = struct.Struct("<10I")  # 5: functions, 6: names, 7 to 9: addresses of functions, names, ordinals


def addresses(image: Executable, names: Iterable[str]) -> dict[str, int]:
    """Return the addresses of those symbols that are defined, by name. Raises `Malformed`.

    What is over the bounds of this reader is not found.
    """
    wanted = {name.encode(): name for name in names}
    if isinstance(image, Elf):
        return _elf(image, wanted)
    if isinstance(image, MachO):
        return _macho(image, wanted)
    if isinstance(image, Pe):
        return _pe(image, wanted)
    return {}


def _elf(image: Elf, wanted: dict[bytes, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in (".dynsym", ".symtab"):
        table = image.section(name)
        if table is None or not 0 < table.link < len(image.sections):
            continue
        offsets = _offsets(image.read(image.sections[table.link], _STRINGS), wanted)
        # st_name, then st_value: 32 bits name value size info other shndx, 64 bits name info other shndx value size
        wide = image.bits == 64
        layout = struct.Struct(image.sign + ("IBBHQQ" if wide else "IIIBBH"))
        for entry in _entries(image, table.offset, min(table.size, _TABLE), layout) if offsets else ():
            if entry[0] in offsets and entry[3 if wide else 5]:
                found.setdefault(offsets[entry[0]], entry[4 if wide else 1])
        if len(found) == len(wanted):
            break
    return found


def _macho(image: MachO, wanted: dict[bytes, str]) -> dict[str, int]:
    if image.symbol_table is None:
        return {}
    symbols, count, strings, size = image.symbol_table
    # C symbols have an underscore before their names.
    offsets = _offsets(
        image.window.upto(strings, min(size, _STRINGS)), {b"_" + key: one for key, one in wanted.items()}
    )
    layout = struct.Struct(image.sign + ("IBBHQ" if image.bits == 64 else "IBBHI"))
    found: dict[str, int] = {}
    for entry in _entries(image, symbols, min(count * layout.size, _TABLE), layout) if offsets else ():
        if entry[0] in offsets and entry[4]:
            found.setdefault(offsets[entry[0]], entry[4])
    return found


def _pe(image: Pe, wanted: dict[bytes, str]) -> dict[str, int]:
    directory = image.directory(EXPORTS)
    head = image.read_rva(directory.rva, _DIRECTORY.size) if directory is not None else b""
    if len(head) < _DIRECTORY.size:
        return {}
    count, functions, names, ordinals = (_DIRECTORY.unpack(head)[one] for one in (6, 7, 8, 9))
    count = min(count, _EXPORTS)
    pointers = image.read_rva(names, 4 * count)
    longest = max(map(len, wanted)) + 1
    found: dict[str, int] = {}
    for index in range(len(pointers) // 4):
        name = image.read_rva(int.from_bytes(pointers[4 * index : 4 * index + 4], "little"), longest)
        known = wanted.get(name.partition(b"\0")[0]) if b"\0" in name else None
        if known is None:
            continue
        ordinal = image.read_rva(ordinals + 2 * index, 2)
        function = image.read_rva(functions + 4 * int.from_bytes(ordinal, "little"), 4)
        if len(ordinal) == 2 and len(function) == 4:
            found.setdefault(known, image.base + int.from_bytes(function, "little"))
    return found


def _offsets(strings: bytes, wanted: dict[bytes, str]) -> dict[int, str]:
    """Return every offset at which one of the names ends with its NUL, alone or as the end of another."""
    found: dict[int, str] = {}
    for raw, name in wanted.items():
        at = strings.find(raw + b"\0")
        for _ in range(_SPELLINGS):
            if at < 0:
                break
            found[at] = name
            at = strings.find(raw + b"\0", at + 1)
    return found


def _entries(image: Executable, offset: int, size: int, layout: struct.Struct) -> Iterator[tuple[int, ...]]:
    step = _CHUNK // layout.size * layout.size
    for start in range(0, size, step):
        data = image.window.upto(offset + start, min(step, size - start))
        yield from layout.iter_unpack(data[: len(data) // layout.size * layout.size])
