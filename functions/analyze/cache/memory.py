"""Records that a warm function still has in memory, decoded, with what was derived of them."""

from collections import OrderedDict
from threading import Lock

from analyze.layer.record import LayerRecord

_ENTRY = 800  # bytes in memory of an entry: path, columns, and its line of the document `files`
_FACTS = 12  # bytes in memory of a byte as stored: facts, as dictionaries
_PACKAGE = 1500  # bytes in memory of a package that was made of facts, and of where these are from


class MemoryRecords:
    """The least recently used go first when `limit` bytes, as estimated, are exceeded. Safe for threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._records: OrderedDict[str, tuple[LayerRecord, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> LayerRecord | None:
        """Return a record, or None. All who ask share it."""
        with self._lock:
            found = self._records.get(key)
            if found is None:
                return None
            self._records.move_to_end(key)
            return found[0]

    def put(self, key: str, record: LayerRecord, stored: int) -> None:
        """Keep a record that takes `stored` bytes in the tiers below; one that is too large is not kept."""
        packages = sum(len(facts.identity) for section in record.sections.values() for facts in section.facts.values())
        weight = _ENTRY * len(record.entries) + _FACTS * stored + _PACKAGE * packages
        with self._lock:
            self._drop(key)
            if weight > self._limit:
                return
            self._records[key] = (record, weight)
            self._held += weight
            while self._held > self._limit:
                self._drop(next(iter(self._records)))

    def discard(self, key: str) -> None:
        """Forget a record."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: str) -> None:
        _, weight = self._records.pop(key, (None, 0))
        self._held -= weight
