"""The smallest ELF, PE and Mach-O files that have what a test wants in them."""

import struct
from collections.abc import Mapping, Sequence

BASE = 0x400000  # where the start of an ELF or Mach-O file is loaded
START = 0x1000  # of the first section's content in all formats; in PE files also its relative address
PE_BASE = 0x140000000
DATA, CODE = 0xC0000040, 0x60000020  # PE Characteristics


def _placed(sections: Mapping[str, bytes]) -> tuple[dict[str, int], bytes]:
    """Return the offsets of sections from `START` on, each at a multiple of 4096, and all content to there."""
    data = bytearray(START)
    offsets = {}
    for name, content in sections.items():
        offsets[name] = len(data)
        data += content.ljust((len(content) + 4095) // 4096 * 4096, b"\0")
    return offsets, bytes(data)


def elf(
    sections: Mapping[str, bytes],
    *,
    bits: int = 64,
    order: str = "little",
    kind: int = 2,
    machine: int = 62,
    symbols: Mapping[str, int] | None = None,
    dynamic: Sequence[tuple[int, int]] = (),
    table: bool = True,
) -> bytes:
    """Return an ELF file, loaded as a whole and writable; without a section table unless `table`."""
    sign = "<" if order == "little" else ">"
    wide = bits == 64
    contents = dict(sections)
    if dynamic:
        pairs = b"".join(struct.pack(sign + ("QQ" if wide else "II"), *pair) for pair in [*dynamic, (0, 0)])
        contents[".dynamic"] = pairs
    if symbols is not None:
        names = b"\0" + b"".join(name.encode() + b"\0" for name in symbols)
        layout = sign + ("IBBHQQ" if wide else "IIIBBH")
        entries = [bytes(struct.calcsize(layout))]
        for name, address in symbols.items():
            at = names.index(b"\0" + name.encode() + b"\0") + 1
            entries.append(
                struct.pack(layout, at, 1, 0, 1, address, 8) if wide else struct.pack(layout, at, address, 8, 1, 0, 1)
            )
        contents[".strtab"] = names
        contents[".symtab"] = b"".join(entries)
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in contents) + b".shstrtab\0"
    contents[".shstrtab"] = strings
    offsets, data = _placed(contents)
    numbers = {name: number for number, name in enumerate(contents, 1)}
    headers = [bytes(64 if wide else 40)]
    for name, content in contents.items():
        sh_type = 2 if name == ".symtab" else 3 if name.endswith("strtab") else 7 if name.startswith(".note") else 1
        fields = (
            strings.index(b"\0" + name.encode() + b"\0") + 1,
            sh_type,
            2,
            BASE + offsets[name],
            offsets[name],
            len(content),
            numbers.get(".strtab", 0) if name == ".symtab" else 0,
            0,
            16,
            0,
        )
        headers.append(struct.pack(sign + ("IIQQQQIIQQ" if wide else "10I"), *fields))
    programs = [(1, 6, 0, BASE, len(data))]
    if dynamic:
        programs.append((2, 6, offsets[".dynamic"], BASE + offsets[".dynamic"], len(contents[".dynamic"])))
    for name, content in contents.items():
        if name.startswith(".note"):
            programs.append((4, 4, offsets[name], BASE + offsets[name], len(content)))
    packed = b"".join(
        struct.pack(sign + "IIQQQQQQ", p_type, flags, offset, address, address, size, size, 4096)
        if wide
        else struct.pack(sign + "8I", p_type, offset, address, address, size, size, flags, 4096)
        for p_type, flags, offset, address, size in programs
    )
    header = struct.pack(
        sign + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
        kind,
        machine,
        1,
        BASE,
        64 if wide else 52,
        len(data) if table else 0,
        0,
        64 if wide else 52,
        56 if wide else 32,
        len(programs),
        (64 if wide else 40) if table else 0,
        len(headers) if table else 0,
        numbers[".shstrtab"] if table else 0,
    )
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "little" else 2, 1]) + bytes(9)
    start = ident + header + packed
    return start + data[len(start) :] + (b"".join(headers) if table else b"")


def pe(
    sections: Mapping[str, bytes], *, bits: int = 64, directories: Mapping[int, tuple[int, int]] | None = None
) -> bytes:
    """Return a PE file whose sections are at the same relative address as in the file."""
    offsets, data = _placed(sections)
    table = b"".join(
        struct.pack(
            "<8sIIIIIIHHI", name.encode(), len(content), offsets[name], (len(content) + 4095) // 4096 * 4096,
            offsets[name], 0, 0, 0, 0, CODE if name == ".text" else DATA,
        )
        for name, content in sections.items()
    )  # fmt: skip
    wide = bits == 64
    optional = bytearray(112 if wide else 96)
    struct.pack_into("<H", optional, 0, 0x20B if wide else 0x10B)
    struct.pack_into("<Q" if wide else "<I", optional, 24 if wide else 28, PE_BASE if wide else BASE)
    struct.pack_into("<I", optional, len(optional) - 4, 16)
    for position in range(16):
        optional += struct.pack("<II", *(directories or {}).get(position, (0, 0)))
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    machine = 0x8664 if wide else 0x14C
    head += b"PE\0\0" + struct.pack("<HHIIIHH", machine, len(sections), 0, 0, 0, len(optional), 0x22)
    start = head + bytes(optional) + table
    return start + data[len(start) :]


def macho(
    sections: Mapping[str, bytes],
    *,
    bits: int = 64,
    order: str = "little",
    cpu: int = 0x01000007,
    symbols: Mapping[str, int] | None = None,
    libraries: Sequence[str] = (),
) -> bytes:
    """Return a Mach-O file with one segment, loaded as a whole."""
    sign = "<" if order == "little" else ">"
    wide = bits == 64
    contents = dict(sections)
    commands = []
    if symbols is not None:
        names = b"\0" + b"".join(name.encode() + b"\0" for name in symbols)
        contents["names"] = names
        contents["symbols"] = b"".join(
            struct.pack(
                sign + ("IBBHQ" if wide else "IBBHI"), names.index(b"\0" + name.encode() + b"\0") + 1, 15, 1, 0, at
            )
            for name, at in symbols.items()
        )
    offsets, data = _placed(contents)
    if symbols is not None:
        commands.append(
            struct.pack(sign + "6I", 2, 24, offsets["symbols"], len(symbols), offsets["names"], len(contents["names"]))
        )
    for library in libraries:
        name = library.encode().ljust(len(library) // 8 * 8 + 8, b"\0")
        commands.append(struct.pack(sign + "6I", 0xC, 24 + len(name), 24, 0, 0, 0) + name)
    body = b"".join(
        struct.pack(
            sign + ("16s16sQQ8I" if wide else "16s16sII7I"), name.encode(), b"__DATA",
            BASE + offsets[name], len(content), offsets[name], *([0] * (7 if wide else 6)),
        )
        for name, content in sections.items()
    )  # fmt: skip
    layout = sign + ("16s4Q4I" if wide else "16s4I4I")
    segment = struct.pack(layout, b"__DATA", BASE, len(data), 0, len(data), 7, 3, len(sections), 0) + body
    commands.append(struct.pack(sign + "II", 0x19 if wide else 0x1, 8 + len(segment)) + segment)
    magic = struct.pack(sign + "I", 0xFEEDFACF if wide else 0xFEEDFACE)
    head = magic + struct.pack(sign + "6I", cpu, 3, 2, len(commands), sum(map(len, commands)), 0)
    start = head + (bytes(4) if wide else b"") + b"".join(commands)
    return start + data[len(start) :]


def fat(*images: bytes) -> bytes:
    """Return a universal Mach-O file."""
    table, data = b"", bytearray(4096)
    for image in images:
        table += struct.pack(">5I", int.from_bytes(image[4:8], "little"), 3, len(data), len(image), 12)
        data += image.ljust((len(image) + 4095) // 4096 * 4096, b"\0")
    start = b"\xca\xfe\xba\xbe" + struct.pack(">I", len(images)) + table
    return start + bytes(data[len(start) :])
