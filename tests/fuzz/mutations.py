"""Changes to bytes that know nothing of formats, and the values that break parsers."""

from collections.abc import Sequence
from random import Random

LARGEST = 2 << 20  # bytes of a mutated file
EDGES = [0, 1, 2, 3, 4, 7, 8, 12, 16, 100, 255, 256, 511, 512, 4095, 4096, 65535, 65536]
EDGES += [
    sign * (1 << bits) + off
    for bits in (7, 8, 15, 16, 24, 31, 32, 47, 63, 64)
    for sign in (1, -1)
    for off in (-1, 0, 1)
]
PIECES = [
    b"",
    b"\0",
    b"\0" * 16,
    b"\xff" * 8,
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xed\xb0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe2\x80\xae",
    b"\xe2\x80\xa8",
    b"\x85",
    b"\x1a",
    b"\x0b\x0c\x1c\x1d",
    b"\r\n",
    b"\n\n",
    b"\r",
    b"\t",
    b" ",
    b"/",
    b"//",
    b"../",
    b"./",
    b"%00",
    b"%2f",
    b"@",
    b"#",
    b"?",
    b":",
    b": ",
    b"=",
    b",",
    b";",
    b"-",
    b"_",
    b"~",
    b"+",
    b"*",
    b"!",
    b"&a ",
    b"*a",
    b"|",
    b">",
    b"<",
    b'"',
    b"'",
    b"`",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\x00",
    b"${",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"None",
    b"null",
    b"true",
    b"NaN",
    b"-1",
    b"0",
    b"1e999",
    b"9" * 30,
    b"9" * 5000,
    b"a" * 300,
    b"\xd9\xa1",  # an Arabic digit
    b"\xc2\xb2",  # a superscript two, a digit that is no number
    b"\xc4\xb0",  # a capital letter that is two when lower-cased
]


def number(rng: Random, size: int) -> tuple[int, bytes]:
    """Return an integer of the edges of 1, 2, 4 or 8 bytes, or near the size of the file, and its bytes."""
    width = rng.choice((1, 2, 4, 4, 8))
    value = rng.choice(EDGES) if rng.random() < 0.75 else size + rng.randint(-17, 17) >> rng.choice((0, 0, 0, 1, 9, 12))
    return width, (value % (1 << 8 * width)).to_bytes(width, rng.choice(("big", "little")))


def mutate_bytes(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Return `data` with one change."""
    return rng.choice(_CHANGES)(bytearray(data), rng, others)


def _flip(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 8)) if data else 0):
        data[_near(data, rng)] ^= 1 << rng.randrange(8)
    return bytes(data)


def _random(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    size = rng.choice((1, 2, 4, 16, 64))
    data[at : at + size] = rng.randbytes(size)
    return bytes(data)


def _integer(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    width, value = number(rng, len(data))
    if len(data) >= width:
        at = min(_near(data, rng), len(data) - width)
        at -= at % width if rng.random() < 0.5 else 0
        data[at : at + width] = value
    return bytes(data)


def _step(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    """Add a little to an integer: lengths and offsets that are nearly right go furthest."""
    width = rng.choice((1, 2, 4))
    order = rng.choice(("big", "little"))
    if len(data) >= width:
        at = min(_near(data, rng), len(data) - width)
        value = int.from_bytes(data[at : at + width], order) + rng.choice((-16, -4, -2, -1, 1, 2, 4, 16))
        data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, order)
    return bytes(data)


def _insert(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    data[at:at] = rng.choice(PIECES)
    return bytes(data)


def _replace(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    piece = rng.choice(PIECES)
    data[at : at + len(piece)] = piece
    return bytes(data)


def _cut(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    del data[at : at + rng.choice((1, 2, 3, 4, 8, 16, 40, 512, 4096))]
    return bytes(data)


def _truncate(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    keep = rng.randint(0, len(data))
    return bytes(data[:keep] if rng.random() < 0.8 else data[keep:])


def _double(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    start, at = rng.randint(0, len(data)), rng.randint(0, len(data))
    data[at:at] = data[start : start + rng.choice((1, 4, 16, 64, 512, 4096))]
    return bytes(data)


def _move(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    size = rng.choice((1, 2, 4, 8, 16, 40, 512))
    start, at = rng.randint(0, len(data)), rng.randint(0, len(data))
    piece = data[start : start + size]
    data[at : at + len(piece)] = piece
    return bytes(data)


def _splice(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others) if others else b""
    at, start = rng.randint(0, len(data)), rng.randint(0, len(other))
    if rng.random() < 0.5:
        return bytes(data[:at] + other[start:])
    data[at:at] = other[start : start + rng.choice((4, 16, 64, 512))]
    return bytes(data)


def _amplify(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytes:
    """Repeat a piece many times: what is quadratic shows."""
    if rng.random() < 0.9:
        return _double(data, rng, others)
    start = rng.randint(0, len(data))
    piece = (
        bytes(data[start : start + rng.choice((1, 2, 3, 8, 30, 100, 1000))])
        if rng.random() < 0.6
        else rng.choice(PIECES)
    )
    size = rng.choice((10_000, 100_000, 300_000))
    at = rng.randint(0, len(data))
    data[at:at] = (piece * (size // max(1, len(piece)) + 1))[:size]
    return bytes(data)


def _near(data: bytearray, rng: Random) -> int:
    """Return a position, more often near the start, where headers are."""
    bound = len(data) if rng.random() < 0.7 else min(len(data), rng.choice((32, 128, 512)))
    return rng.randrange(bound)


_CHANGES = [
    _flip,
    _random,
    _integer,
    _integer,
    _step,
    _insert,
    _replace,
    _cut,
    _truncate,
    _double,
    _move,
    _splice,
    _amplify,
]
