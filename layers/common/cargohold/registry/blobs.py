"""Streaming a blob to its end although connections break and signed addresses expire."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from cargohold.errors import DigestMismatch, RegistryUnavailable, TruncatedContent
from cargohold.registry.http import Answer, origin_free
from cargohold.registry.patience import Patience

PART = 256 << 10  # bytes; larger parts measured slower in the layer walk
_RESUMPTIONS = 100
_GATHERED = 1.0  # seconds until a part is handed on as it is: whoever reads has a deadline, and looks at it by part

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-\d+/(?:\d+|\*)")


@contextmanager
def open_stream(at: Callable[[int], Answer], *, what: str, size: int, patience: Patience) -> Iterator[Iterator[bytes]]:
    """Open what `at(offset)` answers, and again from where it broke, until `size` bytes came.

    `at` starts from the registry each time, so that a redirect is fresh. It is called once before the
    body of `with`, so an error of the first request is raised there. Raises `TruncatedContent` and
    `DigestMismatch` for a wrong length, `RegistryUnavailable` when no progress is made.
    """
    stream = _Stream(at, what, size, patience)
    try:
        yield stream.parts()
    finally:
        stream.close()


class _Stream:
    def __init__(self, at: Callable[[int], Answer], what: str, size: int, patience: Patience) -> None:
        self._at = at
        self._what = what
        self._size = size
        self._patience = patience
        self._answer = at(0)
        length = self._answer.headers.get("Content-Length", "")
        if self._answer.status == 200 and length.isdigit() and length != str(size):
            self.close()
            raise self._wrong(f"{length[:20]} bytes")

    def close(self) -> None:
        self._answer.close()

    def parts(self) -> Iterator[bytes]:
        offset, resumptions, idle = 0, 0, 0
        while True:
            before = offset
            reason = "it ends early"
            try:
                for part in self._read(offset):
                    offset += len(part)
                    if offset > self._size:
                        raise self._wrong(f"more than {self._size} bytes")
                    yield part
            except (HTTPError, OSError) as error:
                reason = type(error).__name__
            if offset == self._size:
                return
            self.close()
            idle = idle + 1 if offset == before else 0
            resumptions += 1
            if idle >= self._patience.attempts or resumptions > _RESUMPTIONS:
                host = origin_free(self._answer.url)
                reason = f"{self._what} breaks off at byte {offset} of {self._size}: {reason}"
                raise RegistryUnavailable(registry=host, reason=reason)
            self._patience.pause(idle)
            self._answer = self._at(offset)

    def _read(self, offset: int) -> Iterator[bytes]:
        stream = self._answer.stream
        if stream is None:  # 416: the registry says that nothing is left
            raise TruncatedContent(what=self._what, reason=f"{offset} bytes came, {self._size} were promised.")
        skip = offset
        if self._answer.status == 206:
            match = _CONTENT_RANGE.fullmatch(self._answer.headers.get("Content-Range", ""))
            if not match or int(match[1]) != offset:
                raise RegistryUnavailable(
                    registry=origin_free(self._answer.url), reason="it answers a range that was not asked for"
                )
            skip = 0
        while part := _part(stream):
            if skip >= len(part):
                skip -= len(part)
                continue
            yield part[skip:] if skip else part
            skip = 0

    def _wrong(self, actual: str) -> DigestMismatch:
        return DigestMismatch(what=self._what, expected=f"{self._size} bytes", actual=actual)


def _part(stream: BaseHTTPResponse) -> bytes:
    """Return what comes of the next `PART` bytes, b"" at the end. A server that drips does not hold it up."""
    started = time.monotonic()
    pieces: list[bytes] = []
    missing = PART
    try:
        while missing and (piece := stream.read1(missing, decode_content=False)):
            pieces.append(piece)
            missing -= len(piece)
            if time.monotonic() - started > _GATHERED:
                break
    except (HTTPError, OSError):
        if not pieces:
            raise
    return b"".join(pieces)  # what came before a failure counts; the next call meets the failure again
