"""A file of a layer while it passes: what catalogers read, at the price of what they read.

Nothing is joined until someone asks. What is asked for stays in memory while the budget that the
layers share lasts and the file is small; after that it goes to scratch.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from analyze.limits import Limits
from analyze.scratch import Scratch
from cargohold.errors import ScratchExhausted


class KeptFile:
    """A `LayerFile` over bytes at hand."""

    def __init__(self, path: bytes, content: bytes) -> None:
        self.path = path
        self.size = len(content)
        self._content = content

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes, or fewer when the file is shorter."""
        return self._content[:size]

    def read(self, limit: int) -> bytes:
        """Return the content; raises `ValueError` when it is longer than `limit` bytes."""
        if self.size > limit:
            raise ValueError(f"{self.size} bytes are more than {limit}")
        return self._content

    def open(self) -> BinaryIO:
        """Return a seekable stream."""
        return io.BytesIO(self._content)


class StreamedFile:
    """A `LayerFile` over the parts of its content, which must give `size` bytes in all.

    `failure` is what the parts raised. A cataloger may hide it: who made the file has to look.
    """

    def __init__(self, path: bytes, size: int, parts: Iterator[bytes | memoryview], limits: Limits, scratch: Scratch):
        self.path = path
        self.size = size
        self.failure: Exception | None = None
        self._parts = parts
        self._limits = limits
        self._scratch = scratch
        self._pieces: list[bytes | memoryview] = []
        self._passed = 0
        self._whole: bytes | None = None
        self._spilled: Path | None = None
        self._reserved = 0
        self._lost = False  # a spill failed half-way: what had passed cannot be read again

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes, or fewer when the file is shorter. Raises `ScratchExhausted`."""
        size = min(size, self.size)
        self._check()
        if size > max(self._limits.evidence_kept, self._passed):
            self._collect()
        if self._whole is not None:
            return self._whole[:size]
        if self._spilled is not None:
            with self._spilled.open("rb") as stream:
                return stream.read(size)
        while self._passed < size:
            self._pull()
        return b"".join(self._pieces)[:size] if len(self._pieces) != 1 else bytes(self._pieces[0][:size])

    def read(self, limit: int) -> bytes:
        """Return the content; raises `ValueError` when it is longer than `limit` bytes, `ScratchExhausted`."""
        if self.size > limit:
            raise ValueError(f"{self.size} bytes are more than {limit}")
        self._collect()
        if self._whole is not None:
            return self._whole
        with self.open() as stream:
            return stream.read()

    def open(self) -> BinaryIO:
        """Return a seekable stream, in memory or in scratch; the caller closes it. Raises `ScratchExhausted`."""
        self._collect()
        if self._spilled is not None:
            return self._spilled.open("rb")
        return io.BytesIO(self._whole or b"")

    def close(self) -> None:
        """Give back memory and scratch. The rest of the parts is the caller's to read."""
        self._pieces = []
        self._whole = None
        if self._reserved:
            self._scratch.release(self._reserved)
            self._reserved = 0
        if self._spilled is not None:
            self._scratch.discard(self._spilled, self.size)
            self._spilled = None

    def _pull(self) -> None:
        try:
            piece = next(self._parts)
        except Exception as failure:
            self.failure = failure
            raise
        self._passed += len(piece)
        self._pieces.append(piece)

    def _check(self) -> None:
        if self._lost:
            raise ScratchExhausted(budget=self._scratch.budget)
        if self.failure is not None:
            raise self.failure

    def _collect(self) -> None:
        self._check()
        if self._whole is not None or self._spilled is not None:
            return
        if self.size <= self._limits.evidence_file and self._scratch.reserve(self.size):
            self._reserved = self.size
            while self._passed < self.size:
                self._pull()
            self._whole = bytes(self._pieces[0]) if len(self._pieces) == 1 else b"".join(self._pieces)
        else:
            with self._scratch.writer(self.size) as (path, stream):
                pieces, self._pieces, self._lost = self._pieces, [], True
                for piece in pieces:
                    stream.write(piece)
                while self._passed < self.size:
                    self._pull()
                    stream.write(self._pieces.pop())
            self._spilled, self._lost = path, False
        self._pieces = []
