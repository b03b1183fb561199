"""The zstd and tar under a bundle, read strictly and in bounded memory.

`tarfile` accepts far more than a bundle may hold (links, devices, extended headers of any size, names
of any kind), so the blocks are taken one by one and anything unexpected ends the reading.
"""

import sys
import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256

from cargohold.errors import InvalidBundle
from cargohold.objects.store import CHUNK

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BLOCK = 512
_SKIPPABLE = 0x184D2A50  # and the 15 numbers after it
_FRAME_HEADER = 8  # bytes: magic and length
_WINDOW_LOG = 23  # 8 MiB, what RFC 8878, section 3.1.1.1.2 asks every decoder to support


class Tape:
    """The uncompressed bytes of one zstd frame, cut into tar members."""

    def __init__(self, parts: Iterable[bytes], name: str) -> None:
        self._name = name
        self._parts = iter(parts)
        self._decompressor = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})
        self._buffer = b""

    def wrong(self, reason: str) -> InvalidBundle:
        """Return the error that names this bundle."""
        return InvalidBundle(bundle=self._name, reason=reason)

    def take(self, most: int) -> bytes:
        """Return 1 to `most` bytes; raises `InvalidBundle` at the end of the frame."""
        while not self._buffer:
            if not self._fill():
                raise self.wrong("it ends early")
        taken, self._buffer = self._buffer[:most], self._buffer[most:]
        return taken

    def _fill(self) -> bool:
        """Decompress at most one chunk; return False at the end of the frame."""
        if self._decompressor.eof:
            return False
        compressed = b""
        if self._decompressor.needs_input:
            compressed = next((part for part in self._parts if part), b"")
            if not compressed:
                raise self.wrong("it ends early")
        try:
            self._buffer = self._decompressor.decompress(compressed, CHUNK)
        except zstd.ZstdError as error:
            raise self.wrong(str(error)) from None
        return True

    def _exactly(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            content += self.take(size - len(content))
        return content

    def _header(self, name: str) -> int:
        """Read the header of a regular file called `name` and return its size."""
        try:
            info = tarfile.TarInfo.frombuf(self._exactly(_BLOCK), "ascii", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise self.wrong(f"where {name} should be: {error}") from None
        if info.name != name or info.type != tarfile.REGTYPE:
            raise self.wrong(f"where {name} should be is something else")
        return info.size

    def small(self, name: str, most: int) -> bytes:
        """Return the content of the next member, which must be `name` with at most `most` bytes."""
        size = self._header(name)
        if not 0 <= size <= most:
            raise self.wrong(f"{name} has {size} bytes")
        content = self._exactly(size)
        self.padding(size)
        return content

    def member(self, name: str, size: int, digest: str) -> "MemberStream":
        """Open the next member, which must be `name` with `size` bytes of the SHA-256 `digest`."""
        if self._header(name) != size:
            raise self.wrong(f"{name} does not have the size that the manifest states")
        return MemberStream(self, name, size, digest)

    def padding(self, size: int) -> None:
        """Skip to the end of the block after `size` bytes of content."""
        if self._exactly(-size % _BLOCK).strip(b"\0"):
            raise self.wrong("there is something between its members")

    def finish(self) -> None:
        """Check that the archive ends here, and the frame, and the file."""
        if self._exactly(2 * _BLOCK).strip(b"\0"):
            raise self.wrong("it has more members than its manifest states")
        while not self._buffer and self._fill():
            pass
        if self._buffer:
            raise self.wrong("something follows its end")
        self._skip_frames()

    def _skip_frames(self) -> None:
        """Pass over skippable frames (RFC 8878, section 3.1.2): a store may keep its own notes in one."""
        rest = self._decompressor.unused_data
        while True:
            while len(rest) < _FRAME_HEADER and (part := next(self._parts, None)) is not None:
                rest += part
            if not rest:
                return
            if len(rest) < _FRAME_HEADER or int.from_bytes(rest[:4], "little") & ~0xF != _SKIPPABLE:
                raise self.wrong("something follows its end")
            left = _FRAME_HEADER + int.from_bytes(rest[4:8], "little")
            while left > len(rest):
                left -= len(rest)
                following = next(self._parts, None)
                if following is None:
                    raise self.wrong("it ends early")
                rest = following
            rest = rest[left:]


class MemberStream:
    """The content of one member: iterate it, or `skip` it. Its end raises `InvalidBundle` when it is damaged."""

    def __init__(self, tape: Tape, name: str, size: int, digest: str) -> None:
        self._tape = tape
        self._name = name
        self._size = size
        self._left = size
        self._digest = digest
        self._actual = sha256()
        self._checked = False

    def __iter__(self) -> Iterator[bytes]:
        while self._left:
            part = self._tape.take(min(self._left, CHUNK))
            self._left -= len(part)
            self._actual.update(part)
            if not self._left:
                self._check()  # before the last part is handed on: a store may commit at the end
            yield part
        if not self._checked:
            self._check()

    def skip(self) -> None:
        """Read to the end for the checks alone."""
        for _ in self:
            pass

    def finish(self) -> None:
        """Check that the content was read to its end."""
        if not self._checked:
            raise self._tape.wrong(f"{self._name} was not read to its end")

    def _check(self) -> None:
        if self._actual.hexdigest() != self._digest:
            raise self._tape.wrong(f"{self._name} does not have the SHA-256 that the manifest states")
        self._tape.padding(self._size)
        self._checked = True
