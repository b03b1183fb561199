"""Going forward through a gzip file, and coming back to places that were remembered.

An inflate state is a few tens of KiB, so keeping one where a member starts is cheaper than either
spilling the archive or decompressing it again from its start for each layer.
"""

import zlib
from dataclasses import dataclass
from typing import BinaryIO

from cargohold.errors import HostileContent, TruncatedContent

GZIP_MAGIC = b"\x1f\x8b"
_INPUT = 64 << 10
_LARGEST_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the decompressed bytes and what is needed to go on from there."""

    position: int
    raw_position: int
    state: "zlib._Decompress | None"


class Forward:
    """Reads a file, inflated when it is gzip (RFC 1952, with several members), forward only.

    `read` gives at most 1 MiB: whoever asks for more trusts a length that the file claims.
    """

    def __init__(self, raw: BinaryIO, what: str, at: Place | None = None) -> None:
        self._raw = raw
        self._what = what
        raw.seek(0)
        self.compressed = raw.read(2) == GZIP_MAGIC
        self._state = None
        self._position = 0
        if at is not None:
            self._position = at.position
            self._state = at.state.copy() if at.state else None
            raw.seek(at.raw_position)
        else:
            raw.seek(0)
            self._state = _new_state() if self.compressed else None

    def tell(self) -> int:
        """The position in the decompressed bytes."""
        return self._position

    def raw_tell(self) -> int:
        """The position in the file, past what was read ahead."""
        return self._raw.tell()

    def place(self) -> Place:
        """Remember this position."""
        return Place(self._position, self._raw.tell(), self._state.copy() if self._state else None)

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; raises `HostileContent` and `TruncatedContent`."""
        if not 0 <= size <= _LARGEST_READ:
            raise HostileContent(what=self._what, reason=f"a header claims a length of {size} bytes.")
        parts, missing = [], size
        while missing:
            part = self._inflate(missing) if self._state else self._raw.read(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        content = b"".join(parts)
        self._position += len(content)
        return content

    def seek(self, position: int, whence: int = 0) -> int:
        """Go forward to `position`; `whence` is 0."""
        if whence or position < self._position:
            raise HostileContent(what=self._what, reason="its members overlap.")
        if not self._state:
            self._raw.seek(position)
            self._position = position
            return position
        while self._position < position:
            if not self.read(min(256 << 10, position - self._position)):
                break
        return self._position

    def _inflate(self, size: int) -> bytes:
        while self._state:
            data = self._state.unconsumed_tail or self._state.unused_data
            if self._state.eof:
                data = data or self._raw.read(_INPUT)
                # Zeros may pad the last member (gzip(1)); anything else but a member is dropped, as gzip does.
                if not data.startswith(GZIP_MAGIC[:1]):
                    return b""
                self._state = _new_state()
            data = data or self._raw.read(_INPUT)
            try:
                part = self._state.decompress(data, size)
            except zlib.error:
                raise TruncatedContent(what=self._what, reason="it is damaged gzip.") from None
            if part:
                return part
            if not data and not self._state.eof:
                raise TruncatedContent(what=self._what, reason="it is cut off gzip.")
        return b""


def _new_state() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=31)
