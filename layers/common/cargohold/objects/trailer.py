"""The trailer: size and SHA-256 of a stream, written after it, when they are known at last.

It is a skippable frame of Zstandard (RFC 8878, section 3.1.2), so that a compressed object with
trailers is still a file that any `zstd -d` reads. Layout, 56 bytes: magic 0x184D2A5C and length 48,
both 32 bits little-endian; `CHOBJ`, a version byte, a method byte, a zero byte; the size, 64 bits
little-endian; the SHA-256. `docs/formats/objects.md` describes it.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

_LAYOUT = struct.Struct("<II5sBBBQ32s")
_MAGIC = 0x184D2A5C
_TAG = b"CHOBJ"
_VERSION = 1

SIZE = _LAYOUT.size


class Method(IntEnum):
    """How the content before the trailer is stored."""

    AS_IS = 0
    ZSTANDARD = 1


@dataclass(frozen=True, slots=True)
class Trailer:
    """Size and SHA-256 (hexadecimal) of the content as put, and how it is stored."""

    size: int
    sha256: str
    method: Method = Method.AS_IS

    def encode(self) -> bytes:
        """Return the 56 bytes."""
        return _LAYOUT.pack(
            _MAGIC, _LAYOUT.size - 8, _TAG, _VERSION, self.method, 0, self.size, bytes.fromhex(self.sha256)
        )


def decode(raw: bytes) -> Trailer | None:
    """Return the trailer that `raw` is, None when it is none."""
    if len(raw) != SIZE:
        return None
    magic, length, tag, version, method, zero, size, digest = _LAYOUT.unpack(raw)
    if (magic, length, tag, version, zero) != (_MAGIC, SIZE - 8, _TAG, _VERSION, 0) or method not in list(Method):
        return None
    return Trailer(size, digest.hex(), Method(method))
