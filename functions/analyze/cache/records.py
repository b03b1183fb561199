"""The cache of layer records: a shared directory first, the object store second.

A record is found by blob digest and diff ID together. A walk verified that pair before the record was
stored, so an image that claims another layer's diff ID finds nothing. A transport that knows no blob
digest has no pair: it streams the layer through `layer.pipeline.verify_layer`, whose result is one,
or walks at once.
"""

from analyze.cache.counters import Counters
from analyze.cache.disk import DiskCache
from analyze.layer.codec import decode, encode, record_key
from analyze.layer.record import LayerRecord
from analyze.layer.want import merge_sections
from analyze.limits import Limits
from cargohold.errors import CargoholdError, ObjectCorrupt, ObjectNotFound
from cargohold.objects.store import CHUNK, ObjectStore

PREFIX = "records/"


class RecordCache:
    """Two tiers; a hit in the second fills the first. Safe for many threads, functions and hosts.

    `counters` are of the first tier, `store_hits`, `store_misses` and `store_errors` of the second, and
    `kept` is how many records a tier took.
    """

    def __init__(self, disk: DiskCache, limits: Limits, store: ObjectStore | None = None) -> None:
        self.store_hits = 0
        self.store_misses = 0
        self.store_errors = 0
        self.kept = 0
        self._disk = disk
        self._limits = limits
        self._store = store

    @property
    def counters(self) -> Counters:
        """Counts of the first tier."""
        return self._disk.counters

    def snapshot(self) -> dict[str, int]:
        """Return the counts of both tiers by name."""
        store = {"store_hits": self.store_hits, "store_misses": self.store_misses, "store_errors": self.store_errors}
        return self.counters.snapshot() | store

    def get(self, blob_digest: str, diff_id: str, *, evidence: bool = False) -> LayerRecord | None:
        """Return the record of a verified pair, or None. Never fails.

        Without `evidence` it is read faster, and must not be extended or stored again.
        """
        if not blob_digest or not diff_id:
            return None
        key = record_key(blob_digest, diff_id, self._limits)
        data = self._disk.get(key)
        if data is not None:
            try:
                return _checked(data, blob_digest, diff_id, evidence)
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
        return record

    def put(self, record: LayerRecord) -> None:
        """Store a record that a walk verified, with what other versions already know of it. Never fails.

        Sections of the stored record stay when they are newer; incomplete ones are left out. The
        record itself is not changed.
        """
        key = record_key(record.blob_digest, record.diff_id, self._limits)
        stored = self.get(record.blob_digest, record.diff_id, evidence=True)
        if stored is not None:
            merge_sections(stored, record)
            record = stored
        data = encode(record)
        kept = self._disk.put(key, data)
        if self._store is not None:
            try:
                self._store.put(_object_key(key), (data[at : at + CHUNK] for at in range(0, len(data), CHUNK)))
                kept = True
            except CargoholdError:
                self.store_errors += 1
        self.kept += kept

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
