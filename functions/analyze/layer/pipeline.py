"""Three stages for one layer, on three threads: read and inflate, hash the diff ID, walk.

Inflating and hashing release the interpreter lock, so the stages overlap. Bounded channels between
them keep a fast stage from running ahead, and every failure ends all three.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from analyze.layer.decompress import Blob, decompress
from analyze.limits import Limits
from cargohold.errors import DigestMismatch, InvalidImage

_DEPTH = 6  # parts between two stages
T = TypeVar("T")


class _Closed(Exception):
    """The reader of a channel left."""


class _Channel:
    """A bounded queue with one writer and one reader, either of whom may leave early."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[bytes | BaseException | None] = SimpleQueue()
        self._room: SimpleQueue[None] = SimpleQueue()  # a semaphore written in C
        self._closed = False
        for _ in range(_DEPTH):
            self._room.put(None)

    def put(self, part: bytes) -> None:
        self._room.get()
        if self._closed:
            raise _Closed
        self._queue.put(part)

    def finish(self, failure: BaseException | None) -> None:
        self._queue.put(failure)

    def close(self) -> None:
        self._closed = True
        self._room.put(None)

    def __iter__(self) -> Iterator[bytes]:
        while (part := self._queue.get()) is not None:
            if isinstance(part, BaseException):
                raise part
            self._room.put(None)
            yield part


@dataclass(frozen=True, slots=True)
class Verified:
    """What a layer turned out to be: digests in OCI form, sizes in bytes."""

    blob_digest: str
    diff_id: str
    size: int
    uncompressed_size: int


def process(
    parts: Iterable[bytes],
    consume: Callable[[Iterator[bytes]], T],
    *,
    blob_digest: str,
    diff_id: str,
    what: str,
    limits: Limits,
    deadline: float | None = None,
) -> tuple[T, Verified]:
    """Give the tar inside `parts` to `consume`, and return its result with the verified digests.

    `consume` runs on the calling thread and must read to the end. "" for a digest means unknown:
    it is computed. Raises `DigestMismatch`, what `decompress` and `consume` raise; no thread outlives
    the call.
    """
    blob = Blob(parts, deadline)
    first, second = _Channel(), _Channel()
    whole = hashlib.sha256()
    total = 0

    def inflate() -> None:
        for part in decompress(blob, what=what, limits=limits):
            first.put(part)

    def digest() -> None:
        nonlocal total
        for part in first:
            whole.update(part)
            total += len(part)
            second.put(part)

    threads = [
        Thread(target=_stage, args=(inflate, first), name="inflate", daemon=True),
        Thread(target=_stage, args=(digest, second), name="diff-id", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        try:
            result = consume(iter(second))
        finally:
            second.close()
            first.close()
            for thread in threads:
                thread.join()
    except InvalidImage as damage:
        _blame_transfer(blob, blob_digest, what, damage)
        raise
    verified = Verified(f"sha256:{blob.hash.hexdigest()}", f"sha256:{whole.hexdigest()}", blob.size, total)
    for kind, expected, actual in (
        ("blob", blob_digest, verified.blob_digest),
        ("uncompressed content", diff_id, verified.diff_id),
    ):
        if expected and expected != actual:
            raise DigestMismatch(what=f"the {kind} of {what}", expected=expected, actual=actual)
    return result, verified


def verify_layer(parts: Iterable[bytes], *, what: str, limits: Limits, deadline: float | None = None) -> Verified:
    """Return digests and sizes of a layer without walking it.

    For transports that know no blob digest (docker-archive): the pair that comes back is verified,
    so a record found by it may be used. Raises what `decompress` raises.
    """

    def drain(chunks: Iterator[bytes]) -> None:
        for _ in chunks:
            pass

    return process(parts, drain, blob_digest="", diff_id="", what=what, limits=limits, deadline=deadline)[1]


def _blame_transfer(blob: Blob, expected: str, what: str, damage: InvalidImage) -> None:
    """Raise `DigestMismatch` when the damage is not in the image but in what arrived of it."""
    while expected and blob.part(1 << 20):
        pass
    actual = f"sha256:{blob.hash.hexdigest()}"
    if expected and actual != expected:
        raise DigestMismatch(what=f"the blob of {what}", expected=expected, actual=actual) from damage


def _stage(work: Callable[[], None], output: _Channel) -> None:
    failure: BaseException | None = None
    try:
        work()
    except _Closed:
        failure = None  # nobody reads on; the end still has to reach a stage that waits for it
    except BaseException as error:  # noqa: BLE001 -- handed to the calling thread, which raises it
        failure = error
    output.finish(failure)
