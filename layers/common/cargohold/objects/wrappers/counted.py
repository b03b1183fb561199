"""Counts what goes through a store: for metrics, and for tests that promise few requests."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore, Warmth


class CountedStore(ObjectStore):
    """See `ObjectStore`; wraps another one. `counts` has calls by verb, and `bytes_in` and `bytes_out`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.name = store.name
        self.if_absent_waits = store.if_absent_waits
        self.counts: Counter[str] = Counter()

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        self.counts["put"] += 1
        info = self._store.put(key, content, if_absent=if_absent)
        self.counts["bytes_in"] += info.size
        return info

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        self.counts["get"] += 1
        with self._store.get(key) as reader:
            self.counts["bytes_out"] += reader.info.size
            yield reader

    def head(self, key: str) -> ObjectInfo:
        self.counts["head"] += 1
        return self._store.head(key)

    def delete(self, key: str) -> None:
        self.counts["delete"] += 1
        self._store.delete(key)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        self.counts["list"] += 1
        return self._store.list(prefix)

    def tail(self, key: str, size: int) -> bytes:
        self.counts["tail"] += 1
        return self._store.tail(key, size)

    def link(self, key: str, seconds: int) -> str | None:
        return self._store.link(key, seconds)

    def sweep(self, older_than: timedelta) -> int:
        self.counts["sweep"] += 1
        return self._store.sweep(older_than)

    def warm(self, keys: Iterable[str]) -> Warmth:
        self.counts["warm"] += 1
        return self._store.warm(keys)
