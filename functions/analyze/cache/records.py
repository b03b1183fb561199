"""The cache of layer records: memory first, then a shared directory, then the object store.

A record is found by blob digest and diff ID together. A walk verified that pair before the record was
stored, so an image that claims another layer's diff ID finds nothing. A transport that knows no blob
digest has no pair: it streams the layer through `layer.pipeline.verify_layer`, whose result is one,
or walks at once.
"""

from analyze.cache.counters import Counters
from analyze.cache.disk import DiskCache
from analyze.cache.memory import MemoryRecords
from analyze.layer.codec import decode, encode, record_key
from analyze.layer.record import LayerRecord
from analyze.layer.want import merge_sections
from analyze.limits import Limits
from cargohold.errors import CargoholdError, ObjectCorrupt, ObjectNotFound
from cargohold.objects.store import CHUNK, ObjectStore

PREFIX = "records/"


class RecordCache:
    """The directory and the store, a hit in which fills the directory. Safe for many threads, functions and hosts.

    `counters` are of the directory, `store_hits`, `store_misses` and `store_errors` of the store, and
    `kept` is how many records one of them took. Up to `memory` bytes of records stay in memory: images that
    follow on the same base decode none of it.
    """

    def __init__(self, disk: DiskCache, limits: Limits, store: ObjectStore | None = None, memory: int = 0) -> None:
        self.memory_hits = 0
        self.store_hits = 0
        self.store_misses = 0
        self.store_errors = 0
        self.kept = 0
        self._disk = disk
        self._limits = limits
        self._store = store
        self._memory = MemoryRecords(memory)

    @property
    def counters(self) -> Counters:
        """Counts of the directory."""
        return self._disk.counters

    def snapshot(self) -> dict[str, int]:
        """Return the counts of all tiers by name."""
        store = {
            "memory_hits": self.memory_hits,
            "store_hits": self.store_hits,
            "store_misses": self.store_misses,
            "store_errors": self.store_errors,
        }
        return self.counters.snapshot() | store

    def get(self, blob_digest: str, diff_id: str, *, evidence: bool = False) -> LayerRecord | None:
        """Return the record of a verified pair, or None. Never fails.

        Without `evidence` it is read faster, and must not be extended or stored again.
        """
        if not blob_digest or not diff_id:
            return None
        key = record_key(blob_digest, diff_id, self._limits)
        if not evidence and (held := self._memory.get(key)) is not None:
            self.memory_hits += 1
            return held
        data = self._disk.get(key)
        if data is not None:
            try:
                return self._held(key, data, _checked(data, blob_digest, diff_id, evidence), evidence)
            except ObjectCorrupt:
                self._disk.discard(key)
        data = self._fetch(key)
        if data is None:
            return None
        try:
            record = _checked(data, blob_digest, diff_id, evidence)
        except ObjectCorrupt:
            self.store_errors += 1
            self._forget(key)
            return None
        self._disk.put(key, data)
        return self._held(key, data, record, evidence)

    def put(self, record: LayerRecord) -> None:
        """Store a record that a walk verified, with what other versions already know of it. Never fails.

        Sections of the stored record stay when they are newer; incomplete ones are left out. The
        record itself is not changed.
        """
        if not self._disk.configured and self._store is None:
            return  # there is nowhere to put what takes a while to encode
        key = record_key(record.blob_digest, record.diff_id, self._limits)
        stored = self.get(record.blob_digest, record.diff_id, evidence=True)
        if stored is not None:
            merge_sections(stored, record)
            record = stored
        data = encode(record)
        self._memory.discard(key)
        kept = self._disk.put(key, data)
        if self._store is not None:
            try:
                self._store.put(_object_key(key), (data[at : at + CHUNK] for at in range(0, len(data), CHUNK)))
                kept = True
            except CargoholdError:
                self.store_errors += 1
        self.kept += kept

    def _held(self, key: str, data: bytes, record: LayerRecord, evidence: bool) -> LayerRecord:
        if not evidence:
            self._memory.put(key, record, len(data))
        return record

    def _fetch(self, key: str) -> bytes | None:
        if self._store is None:
            return None
        try:
            with self._store.get(_object_key(key)) as reader:
                data = b"".join(reader)
        except ObjectNotFound:
            self.store_misses += 1
            return None
        except ObjectCorrupt:
            self.store_errors += 1
            self._forget(key)
            return None
        except CargoholdError:
            self.store_errors += 1
            return None
        self.store_hits += 1
        return data

    def _forget(self, key: str) -> None:
        if self._store is not None:
            try:
                self._store.delete(_object_key(key))
            except CargoholdError:
                self.store_errors += 1


def _object_key(key: str) -> str:
    return f"{PREFIX}{key[:2]}/{key}"


def _checked(data: bytes, blob_digest: str, diff_id: str, evidence: bool) -> LayerRecord:
    record = decode(data, evidence=evidence)
    if (record.blob_digest, record.diff_id) != (blob_digest, diff_id):
        raise ObjectCorrupt(key="layer record", expected=blob_digest, actual=record.blob_digest)
    return record
