"""Retries of transient failures over any store, with back-off and jitter."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import TypeVar

from cargohold.errors import ObjectExists, StoreUnavailable
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore, Warmth

T = TypeVar("T")

REPLAYED = 8 << 20  # bytes of a stream that are kept to send them again

_ATTEMPTS = 4
_PAUSE = 0.2  # seconds before the second attempt, then twice as long each time


class RetriedStore(ObjectStore):
    """See `ObjectStore`; wraps another one.

    A `put` is tried again while what it has read of the content is not longer than `REPLAYED`; a
    read that breaks off in the middle is for the caller to begin again.
    """

    def __init__(self, store: ObjectStore, *, attempts: int = _ATTEMPTS, pause: float = _PAUSE) -> None:
        self._store = store
        self.name = store.name
        self.if_absent_waits = store.if_absent_waits
        self._attempts = attempts
        self._pause = pause

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        replay = _Replay(content)
        for attempt in range(1, self._attempts + 1):
            try:
                return self._store.put(key, replay, if_absent=if_absent)
            except ObjectExists:
                # The attempt before may have succeeded without our hearing of it.
                info = replay.info(key) if attempt > 1 else None
                if info is None or self.head(key) != info:
                    raise
                return info
            except StoreUnavailable:
                if attempt == self._attempts or not replay.possible:
                    raise
                _wait(attempt, self._pause)
        raise AssertionError("unreachable")

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        with ExitStack() as stack:
            yield self._again(lambda: stack.enter_context(self._store.get(key)))

    def head(self, key: str) -> ObjectInfo:
        return self._again(lambda: self._store.head(key))

    def delete(self, key: str) -> None:
        self._again(lambda: self._store.delete(key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        def begin() -> tuple[ObjectInfo | None, Iterator[ObjectInfo]]:
            listing = self._store.list(prefix)
            return next(listing, None), listing

        first, listing = self._again(begin)
        if first is not None:
            yield first
            yield from listing

    def tail(self, key: str, size: int) -> bytes:
        return self._again(lambda: self._store.tail(key, size))

    def link(self, key: str, seconds: int) -> str | None:
        return self._again(lambda: self._store.link(key, seconds))

    def sweep(self, older_than: timedelta) -> int:
        return self._again(lambda: self._store.sweep(older_than))

    def warm(self, keys: Iterable[str]) -> Warmth:
        wanted = list(keys)
        return self._again(lambda: self._store.warm(wanted))

    def _again(self, call: Callable[[], T]) -> T:
        return again(call, attempts=self._attempts, pause=self._pause)


def again(call: Callable[[], T], *, attempts: int = _ATTEMPTS, pause: float = _PAUSE) -> T:
    """Call until it is not `StoreUnavailable`, at most so often; the last one is raised."""
    for attempt in range(1, attempts):
        try:
            return call()
        except StoreUnavailable:
            _wait(attempt, pause)
    return call()


def _wait(attempt: int, pause: float) -> None:
    time.sleep(pause * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, not a secret


class _Replay:
    """Content that can be iterated again until more than `REPLAYED` bytes of it were read, or it failed."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._rest = iter(content)
        self._kept: list[bytes] = []
        self._size = 0
        self._ended = False
        self._failed = False

    @property
    def possible(self) -> bool:
        # An iterator that raised only looks as if it had ended.
        return self._size <= REPLAYED and not self._failed

    def info(self, key: str) -> ObjectInfo | None:
        """Return what the whole content is, None when it is too long or was not read to its end."""
        if not self._ended or not self.possible:
            return None
        whole = b"".join(self._kept)
        return ObjectInfo(key, len(whole), sha256(whole).hexdigest())

    def __iter__(self) -> Iterator[bytes]:
        yield from self._kept
        while (part := self._next()) is not None:
            self._size += len(part)
            if self.possible:
                self._kept.append(part)
            else:
                self._kept.clear()
            yield part
        self._ended = True

    def _next(self) -> bytes | None:
        try:
            return next(self._rest, None)
        except BaseException:
            self._failed = True
            raise
