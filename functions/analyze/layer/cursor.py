"""A position in a stream of parts."""

from collections.abc import Iterator

from cargohold.errors import TruncatedContent

BLOCK = 512


class Cursor:
    """Reads blocks, slices and gaps without joining parts. `part` and `position` are for hot loops."""

    __slots__ = ("_parts", "_what", "part", "position")

    def __init__(self, parts: Iterator[bytes], what: str) -> None:
        self._parts = parts
        self._what = what
        self.part = b""
        self.position = 0

    def next_part(self) -> bool:
        """Move to the next part; False at the end of the stream."""
        for part in self._parts:
            if part:
                self.part = part
                self.position = 0
                return True
        self.part = b""
        self.position = 0
        return False

    def block(self) -> bytes:
        """Return the next 512 bytes, or b"" at the end. Raises `TruncatedContent` inside a block."""
        end = self.position + BLOCK
        if end <= len(self.part):
            block = self.part[self.position : end]
            self.position = end
            return block
        block = b"".join(bytes(piece) for piece in self.pieces(BLOCK, partial=True))
        if block and len(block) < BLOCK:
            raise TruncatedContent(what=self._what, reason="the tar stops inside a header")
        return block

    def pieces(self, size: int, *, partial: bool = False) -> Iterator[memoryview]:
        """Yield the next `size` bytes as views. Raises `TruncatedContent` when there are fewer, unless `partial`."""
        while size:
            if self.position >= len(self.part) and not self.next_part():
                if partial:
                    return
                raise TruncatedContent(what=self._what, reason="the tar stops inside a file")
            piece = memoryview(self.part)[self.position : self.position + size]
            self.position += len(piece)
            size -= len(piece)
            yield piece

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes; the caller bounds them. Raises `TruncatedContent`."""
        return b"".join(self.pieces(size))

    def skip(self, size: int, *, partial: bool = False) -> None:
        """Pass over `size` bytes. Raises `TruncatedContent` when there are fewer, unless `partial`."""
        end = self.position + size
        if end <= len(self.part):
            self.position = end
            return
        for _ in self.pieces(size, partial=partial):
            pass

    def drain(self) -> bool:
        """Read to the end of the stream; True when anything but zeros was left."""
        rest = self.part[self.position :]
        found = bool(rest.strip(b"\0"))
        while self.next_part():
            found = found or bool(self.part.strip(b"\0"))
        return found
