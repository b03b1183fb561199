"""The stages as two threads of this process: one reads and inflates, one hashes the diff ID.

Inflating and hashing release the interpreter lock, so the stages overlap. Bounded channels between
them keep a fast stage from running ahead, and every failure ends all of them.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Thread

from analyze.layer.decompress import Blob, decompress
from analyze.layer.stages import Stages, Verified
from analyze.limits import Limits

_DEPTH = 6  # parts between two stages


class ThreadStages(Stages):
    """`what` is what errors name, `deadline` in `time.monotonic` seconds."""

    def __init__(self, parts: Iterable[bytes], what: str, limits: Limits, deadline: float | None) -> None:
        self._blob = Blob(parts, deadline)
        self._what = what
        self._limits = limits
        self._whole = hashlib.sha256()
        self._total = 0
        self._inflated, self._hashed = _Channel(), _Channel()
        self._threads = [
            Thread(target=_stage, args=(self._inflate, self._inflated), name="inflate", daemon=True),
            Thread(target=_stage, args=(self._digest, self._hashed), name="diff-id", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __iter__(self) -> Iterator[bytes]:
        """Yield what both threads are done with."""
        return iter(self._hashed)

    def verified(self) -> Verified:
        """Return what the whole layer is."""
        self.close()
        return Verified(self._digest_so_far(), f"sha256:{self._whole.hexdigest()}", self._blob.size, self._total)

    def blob_digest(self) -> str:
        """Read on without inflating, and return the digest of all."""
        self.close()
        while self._blob.part(1 << 20):
            pass
        return self._digest_so_far()

    def close(self) -> None:
        """Let both threads run into closed channels."""
        self._hashed.close()
        self._inflated.close()
        for thread in self._threads:
            thread.join()

    def _digest_so_far(self) -> str:
        return f"sha256:{self._blob.hash.hexdigest()}"

    def _inflate(self) -> None:
        for part in decompress(self._blob, what=self._what, limits=self._limits):
            self._inflated.put(part)

    def _digest(self) -> None:
        for part in self._inflated:
            self._whole.update(part)
            self._total += len(part)
            self._hashed.put(part)


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


def _stage(work: Callable[[], None], output: _Channel) -> None:
    failure: BaseException | None = None
    try:
        work()
    except _Closed:
        failure = None  # nobody reads on; the end still has to reach a stage that waits for it
    except BaseException as error:  # noqa: BLE001 -- handed to the calling thread, which raises it
        failure = error
    output.finish(failure)
