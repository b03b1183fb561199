"""Objects in the memory of this process: for tests, and for what nobody needs afterwards."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cargohold.errors import ObjectExists, ObjectNotFound
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore, checked_key
from cargohold.objects.streams import Hashed, VerifiedReader, chunked


class MemoryStore(ObjectStore):
    """See `ObjectStore`."""

    name = "memory:"

    def __init__(self) -> None:
        self._objects: dict[str, tuple[ObjectInfo, tuple[bytes, ...]]] = {}
        self._lock = threading.Lock()

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        checked_key(key)
        hashed = Hashed(content)
        chunks = tuple(chunked(hashed))
        info = hashed.info(key)
        with self._lock:
            if if_absent and key in self._objects:
                raise ObjectExists(key=self.at(key))
            self._objects[key] = (info, chunks)
        return info

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        info, chunks = self._found(key)
        yield VerifiedReader(info, chunks, self.name)

    def head(self, key: str) -> ObjectInfo:
        return self._found(key)[0]

    def delete(self, key: str) -> None:
        with self._lock:
            self._objects.pop(checked_key(key), None)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self._lock:
            found = sorted(key for key in self._objects if key.startswith(prefix))
        for key in found:
            if key in self._objects:
                yield self._objects[key][0]

    def _found(self, key: str) -> tuple[ObjectInfo, tuple[bytes, ...]]:
        try:
            return self._objects[checked_key(key)]
        except KeyError:
            raise ObjectNotFound(key=self.at(key)) from None
