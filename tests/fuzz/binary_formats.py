"""Changes to compressed data, executables and databases at the places where they hold together."""

import gzip
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random

from backports import zstd

from tests.fuzz.mutations import EDGES, number

Change = Callable[[bytes, Random, Sequence[bytes]], bytes]
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
INFLATED = 8 << 20  # bytes


def mutate_field(
    data: bytes, rng: Random, places: Sequence[tuple[int, int]], widths: Sequence[int], order: str = "little"
) -> bytes:
    """Set an aligned number within one of the records that `places` gives as start and size."""
    if not places:
        return data
    changed = bytearray(data)
    start, size = rng.choice(places)
    width = rng.choice(widths)
    at = start + width * rng.randrange(max(1, size // width))
    if at + width > len(data):
        return data
    old = int.from_bytes(data[at : at + width], "big" if order == "big" else "little")
    value = rng.choice(
        (rng.choice(EDGES), old + rng.choice((-1, 1, 4, -4)), len(data), start, rng.randrange(len(data)))
    )
    changed[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, "big" if order == "big" else "little")
    return bytes(changed)


def mutate_gzip(data: bytes, rng: Random, others: Sequence[bytes], inner: Change) -> bytes:
    """Change what is compressed and compress it again."""
    try:
        content = zlib.decompressobj(31).decompress(data, INFLATED)
    except zlib.error:
        return data
    return gzip.compress(inner(content, rng, others), 1, mtime=0)


def mutate_zstd(data: bytes, rng: Random, others: Sequence[bytes], inner: Change) -> bytes:
    """Change what is compressed and compress it again."""
    try:
        content = zstd.ZstdDecompressor().decompress(data, max_length=INFLATED)
    except zstd.ZstdError:
        return data
    return zstd.compress(inner(content, rng, others), 1)


def mutate_zlib(data: bytes, rng: Random, others: Sequence[bytes], inner: Change) -> bytes:
    """Change a zlib stream within a file, keeping its size when it can."""
    places = [match.start() for match in _ZLIB.finditer(data)]
    if not places:
        return data
    start = rng.choice(places)
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data[start:], INFLATED)
    except zlib.error:
        return data
    end = len(data) - len(stream.unused_data)
    packed = zlib.compress(inner(content, rng, others))
    return data[:start] + packed.ljust(end - start, b"\0") + data[end:]


def mutate_elf(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Set fields of the header, of a section's or a segment's."""
    if len(data) < 64:
        return data
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"
    segments, sections = struct.unpack_from(order + ("QQ" if wide else "II"), data, 32 if wide else 28)
    places = [(0, 64 if wide else 52)] * 4
    places += [(segments + at * (56 if wide else 32), 56 if wide else 32) for at in range(8)]
    places += [(sections + at * (64 if wide else 40), 64 if wide else 40) for at in range(40)]
    return mutate_field(data, rng, places, (2, 4, 4, 8) if wide else (2, 4), "little" if order == "<" else "big")


def mutate_pe(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Set fields of the headers, of the section table and within resources or metadata."""
    if len(data) < 64:
        return data
    start = struct.unpack_from("<I", data, 60)[0]
    places = [(start, 24), (start + 24, 240), (start + 24 + 112, 128), (start + 24 + 240, 160), (start + 24 + 224, 160)]
    places += [
        (match.start(), 64) for match in re.finditer(rb"BSJB|V\0S\0_\0V\0E\0|#~|#Strings|\0{8}\x01\0\x10\0", data)
    ]
    places += [(0x200, min(4096, len(data)))]
    return mutate_field(data, rng, places, (2, 4, 4))


def mutate_pages(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Point pages of a database at each other, exchange them, or set numbers in their headers."""
    size = next((size for size in (512, 1024, 2048, 4096) if rng.random() < 0.5 and size < len(data)), 512)
    if data.startswith(b"SQLite format 3\0"):
        size = struct.unpack_from(">H", data, 16)[0] or 512
        size = 65536 if size == 1 else size
    count = max(1, len(data) // size)
    changed = bytearray(data)
    at, other = size * rng.randrange(count), size * rng.randrange(count)
    kind = rng.randrange(5)
    if kind == 0:
        changed[at : at + size] = data[other : other + size]
    elif kind == 1:
        changed[at : at + 4] = rng.randint(0, count + 1).to_bytes(4, rng.choice(("big", "little")))
    elif kind == 2:
        offset = at + rng.choice((8, 12, 16, 20, rng.randrange(size)))
        changed[offset : offset + 4] = rng.randint(0, count + 1).to_bytes(4, rng.choice(("big", "little")))
    elif kind == 3:
        offset = at + rng.randrange(16)
        changed[offset : offset + 1] = rng.choice((b"\2", b"\5", b"\x0a", b"\x0d", b"\0", b"\xff"))
    else:
        width, value = number(rng, count)
        offset = at + rng.randrange(32)
        changed[offset : offset + width] = value
    return bytes(changed[: len(data)])
