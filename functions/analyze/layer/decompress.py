"""From the bytes of a blob to the bytes of its tar, bounded call by call.

The compression is what the first bytes say, as container runtimes decide it, whatever the media type
claims. gzip (RFC 1952) may have many members (eStargz), zstd (RFC 8878) many frames with skippable
ones between (zstd:chunked).
"""

import gzip
import hashlib
import io
import sys
import time
import zlib
from collections.abc import Iterable, Iterator

from isal import igzip, igzip_lib

from analyze.limits import Limits
from cargohold.errors import (
    DeadlineExceeded,
    HostileContent,
    ImageTooLarge,
    InvalidImage,
    TruncatedContent,
    UnsupportedMediaType,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PART = 1 << 18  # bytes of output a call may give: fits the caches, amortises the call
_FEED = 1 << 16  # bytes a zstd decompressor gets at once; what it leaves over is copied
_MAGIC, _MAGIC_END = 257, 262  # where a tar says that it is one
_WINDOW_LOG = 27  # 128 MiB, the default limit of zstd itself
_FOREIGN = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x04\x22\x4d\x18": "lz4"}


class Blob(io.RawIOBase):
    """The blob of a layer as a raw stream that hashes and counts what passes. `deadline` is monotonic seconds."""

    def __init__(self, parts: Iterable[bytes], deadline: float | None = None) -> None:
        super().__init__()
        self.size = 0
        self.hash = hashlib.sha256()
        self._parts = iter(parts)
        self._deadline = deadline
        self._pending = memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # as typeshed's WriteableBuffer
        """Fill `buffer` from one part; 0 at the end. Raises what the parts raise, and `DeadlineExceeded`."""
        part = self.part(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def part(self, limit: int) -> memoryview:
        """Return up to `limit` bytes without a copy; none at the end."""
        if not self._pending:
            self._pull()
        part, self._pending = self._pending[:limit], self._pending[limit:]
        return part

    def peek(self, count: int) -> bytes:
        """Return the first `count` bytes that are still unread, fewer at the end."""
        while len(self._pending) < count:
            before = bytes(self._pending)
            self._pull()
            if not self._pending:
                self._pending = memoryview(before)
                break
            self._pending = memoryview(before + bytes(self._pending)) if before else self._pending
        return bytes(self._pending[:count])

    def _pull(self) -> None:
        """Make the next part that is not empty pending, or nothing at the end."""
        self._pending = memoryview(b"")
        for part in self._parts:
            if self._deadline is not None and time.monotonic() > self._deadline:
                raise DeadlineExceeded(what="reading a layer")
            if part:
                self.hash.update(part)
                self.size += len(part)
                self._pending = memoryview(part)
                return


def decompress(blob: Blob, *, what: str, limits: Limits) -> Iterator[bytes]:
    """Yield the tar of a layer in parts of at most `PART` bytes.

    Reads the blob to its end. Raises `TruncatedContent`, `InvalidImage` (damaged stream),
    `UnsupportedMediaType` (another compression), `HostileContent` (ratio), `ImageTooLarge`,
    `DeadlineExceeded`, and what the blob's parts raise.
    """
    total = 0
    for part in _inflated(blob, what):
        total += len(part)
        if total > limits.layer_uncompressed:
            raise ImageTooLarge(what=what, limit=limits.layer_uncompressed, actual=total)
        if total > limits.ratio_floor and total > limits.ratio * blob.size:
            raise HostileContent(what=what, reason=f"more than {limits.ratio} bytes come out of every byte")
        yield part


def _inflated(blob: Blob, what: str) -> Iterator[bytes]:
    start = blob.peek(_MAGIC_END)
    if start[_MAGIC:] == b"ustar":  # a first member may be named like any magic
        return _plain(blob)
    for magic, name in _FOREIGN.items():
        if start.startswith(magic):
            raise UnsupportedMediaType(what=what, media_type=name)
    if start.startswith(b"\x1f\x8b\x08"):
        return _gzip(blob, what)
    if start.startswith(b"\x28\xb5\x2f\xfd") or (start[1:4] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F):
        return _zstd(blob, what)
    return _plain(blob)


def _plain(blob: Blob) -> Iterator[bytes]:
    while part := blob.part(PART):
        yield bytes(part)


def _gzip(blob: Blob, what: str) -> Iterator[bytes]:
    try:
        with igzip.IGzipFile(fileobj=blob, mode="rb") as stream:  # type: ignore[no-untyped-call]
            while part := stream.read1(PART):
                yield part
    except EOFError as error:
        raise TruncatedContent(what=what, reason="the gzip stream has no end") from error
    except (gzip.BadGzipFile, zlib.error, igzip_lib.IsalError) as error:  # type: ignore[misc]  # isal's stub says it is an instance
        raise InvalidImage(what=what, reason=f"damaged gzip stream: {error}") from error


def _zstd(blob: Blob, what: str) -> Iterator[bytes]:
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    decompressor = zstd.ZstdDecompressor(options=options)
    whole = True  # between frames
    try:
        while feed := blob.part(_FEED):
            data: bytes | memoryview = feed
            while data or not (decompressor.needs_input or decompressor.eof):
                if decompressor.eof:
                    decompressor = zstd.ZstdDecompressor(options=options)
                part = decompressor.decompress(data, max_length=PART)
                if part:
                    yield part
                whole = decompressor.eof
                data = decompressor.unused_data if whole else b""
    except zstd.ZstdError as error:
        raise InvalidImage(what=what, reason=f"damaged zstd stream: {error}") from error
    if not whole:
        raise TruncatedContent(what=what, reason="the zstd stream has no end")
