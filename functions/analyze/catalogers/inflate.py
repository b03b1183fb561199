"""Small compressed files out of an image: gzip, xz and zstd, by their magic and bounded.

Source: RFC 1952 (gzip, which may have many members), the .xz file format, RFC 8878 (zstd, which may have
many frames).
"""

import lzma
import sys
import zlib
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, XZ, ZSTD = b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
_MEMORY = 128 << 20  # that an xz stream may ask for; zstd's window has the limit below
_WINDOW_LOG = 27
_MEMBERS = 1000


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def inflated(data: bytes, limit: int) -> bytes:
    """Return what comes out of compressed data, or data that is not compressed as it is, up to `limit` bytes.

    More is cut off, and so is what follows a damaged place. Raises `ValueError` when the first member is damaged.
    """
    if not data.startswith((GZIP, XZ, ZSTD)):
        return data[:limit]
    parts: list[bytes] = []
    left = limit
    try:
        for _ in range(_MEMBERS):
            part, data = _member(data, left)
            parts.append(part)
            left -= len(part)
            if left <= 0 or not data.startswith((GZIP, XZ, ZSTD)):
                break
    except (zlib.error, lzma.LZMAError, zstd.ZstdError, EOFError) as error:
        if not parts:
            raise ValueError(f"cannot be decompressed: {str(error)[:200]}") from error
    return b"".join(parts)


def _member(data: bytes, left: int) -> tuple[bytes, bytes]:
    """Return up to `left` bytes of the first member, and the data after it, b"" when the member goes on."""
    one: _Decompressor
    if data.startswith(GZIP):
        gzip = zlib.decompressobj(wbits=31)
        part, one = gzip.decompress(data, left), gzip
    elif data.startswith(XZ):
        xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)
        part, one = xz.decompress(data, left), xz
    else:
        frame = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})
        part, one = frame.decompress(data, left), frame
    return part, one.unused_data if one.eof else b""
