"""Two stores as one, while objects move from the former to the new one: write new, read both.

An object is copied before it is deleted, so whoever looks into the new store, then into the former one and
then into the new one again finds it wherever it is.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import groupby
from typing import TypeVar

from cargohold.errors import ObjectExists, ObjectNotFound
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore, Warmth
from cargohold.objects.streams import VerifiedReader

T = TypeVar("T")


class JoinedStore(ObjectStore):
    """See `ObjectStore`; `former` gets no new objects. `list` holds the keys that it finds there in memory."""

    def __init__(self, store: ObjectStore, former: ObjectStore) -> None:
        self._store = store
        self._former = former
        self.name = store.name
        self.if_absent_waits = store.if_absent_waits

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        if if_absent and self._has(self._former, key):
            raise ObjectExists(key=self._former.at(key))
        return self._store.put(key, content, if_absent=if_absent)

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        with ExitStack() as stack:
            store, reader = self._find(lambda store: (store, stack.enter_context(store.get(key))))
            if store is self._store:
                yield reader
            else:
                yield VerifiedReader(reader.info, self._resumed(key, reader), store.name)

    def head(self, key: str) -> ObjectInfo:
        return self._find(lambda store: store.head(key))

    def delete(self, key: str) -> None:
        # The former first: the other way round a copy could be made in between.
        self._former.delete(key)
        self._store.delete(key)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        # All of the former first: what moves from now on is in this list, and what has moved in the other one.
        former = list(self._former.list(prefix))
        both = heapq.merge(self._store.list(prefix), former, key=lambda info: info.key)
        for _, found in groupby(both, key=lambda info: info.key):
            yield next(found)

    def tail(self, key: str, size: int) -> bytes:
        return self._find(lambda store: store.tail(key, size))

    def link(self, key: str, seconds: int) -> str | None:
        return (self._store if self._has(self._store, key) else self._former).link(key, seconds)

    def sweep(self, older_than: timedelta) -> int:
        return self._store.sweep(older_than) + self._former.sweep(older_than)

    def warm(self, keys: Iterable[str]) -> Warmth:
        states = [(self._store if self._has(self._store, key) else self._former).warm([key]) for key in keys]
        return Warmth.WARMING if Warmth.WARMING in states else Warmth.READABLE

    def _find(self, call: Callable[[ObjectStore], T]) -> T:
        for store in (self._store, self._former):
            try:
                return call(store)
            except ObjectNotFound:
                continue
        return call(self._store)  # moved between the two looks, or nowhere

    def _resumed(self, key: str, reader: ObjectReader) -> Iterator[bytes]:
        """Yield what `reader` has; when it is deleted on the way, the rest comes from the new store."""
        given = 0
        try:
            for part in reader:
                given += len(part)
                yield part
        except ObjectNotFound:
            with self._store.get(key) as again:
                while given:
                    given -= len(again.read(min(given, 1 << 20)))
                yield from again

    def _has(self, store: ObjectStore, key: str) -> bool:
        try:
            store.head(key)
        except ObjectNotFound:
            return False
        return True
