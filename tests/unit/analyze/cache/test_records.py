"""Records by verified pair, over two tiers: traps A2, A3 and A4."""

import errno
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from tests.harness.raw_tars import digest

from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from analyze.cache.metrics import CacheMetrics
from analyze.cache.records import PREFIX, RecordCache
from analyze.catalogers.contract import Facts
from analyze.layer.entries import Entries
from analyze.layer.record import LayerRecord, Section
from analyze.limits import DEFAULT
from cargohold.errors import StoreUnavailable
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore

BLOB, DIFF, OTHER = digest(b"blob"), digest(b"diff"), digest(b"other")


def record(**sections: Section) -> LayerRecord:
    return LayerRecord(BLOB, DIFF, 1, 2, Entries(), sections, {}, [])


def section(version: int, name: str = "a") -> Section:
    return Section(version, {0: Facts([{"name": name, "version": "1"}])})


@pytest.fixture
def disk(tmp_path):
    return lambda: DiskCache(CacheDirectory(tmp_path / "efs", quota=64 << 20))


@pytest.mark.trap("A2")
def test_only_the_verified_pair_finds_a_record(disk):
    cache = RecordCache(disk(), DEFAULT)
    cache.put(record(a=section(1)))
    assert cache.get(BLOB, DIFF) == record(a=section(1))
    for pair in ((OTHER, DIFF), (BLOB, OTHER), ("", DIFF), (BLOB, ""), (DIFF, DIFF)):
        assert cache.get(*pair) is None


@pytest.mark.trap("A4")
def test_other_limits_find_nothing(disk):
    RecordCache(disk(), DEFAULT).put(record())
    assert RecordCache(disk(), replace(DEFAULT, path_depth=1)).get(BLOB, DIFF) is None


@pytest.mark.trap("A4")
def test_an_incomplete_section_is_never_stored(disk):
    cache = RecordCache(disk(), DEFAULT)
    cache.put(record(a=section(1), b=Section(1, complete=False)))
    found = cache.get(BLOB, DIFF)
    assert found is not None
    assert list(found.sections) == ["a"]


@pytest.mark.trap("A3")
def test_sections_are_merged_and_newer_ones_stay(disk):
    cache = RecordCache(disk(), DEFAULT)
    newer = record(a=section(2, "new"), b=section(1))
    older = record(a=section(1, "old"), c=section(1))
    for order in ((newer, older), (older, newer)):
        for each in order:
            cache.put(each)
        assert cache.get(BLOB, DIFF) == record(a=section(2, "new"), b=section(1), c=section(1))
    assert older.sections["a"].version == 1


def test_evidence_stays_when_a_record_without_it_is_stored(disk):
    cache = RecordCache(disk(), DEFAULT)
    cache.put(replace(record(), evidence={0: b"raw"}))
    cache.put(record(a=section(1)))
    assert cache.get(BLOB, DIFF) == record(a=section(1))
    assert cache.get(BLOB, DIFF, evidence=True) == replace(record(a=section(1)), evidence={0: b"raw"})


def test_the_second_tier_fills_the_first(disk, tmp_path):
    store = MemoryStore()
    RecordCache(DiskCache(CacheDirectory(None, quota=0)), DEFAULT, store).put(record(a=section(1)))
    assert [info.key.startswith(PREFIX) for info in store.list()] == [True]
    cache = RecordCache(disk(), DEFAULT, store)
    assert cache.get(BLOB, DIFF) == record(a=section(1))
    assert (cache.store_hits, cache.counters.hits) == (1, 0)
    assert cache.get(BLOB, DIFF) == record(a=section(1))
    assert (cache.store_hits, cache.counters.hits) == (1, 1)
    assert cache.get(BLOB, OTHER) is None
    assert cache.store_misses == 1


def test_rubbish_in_either_tier_is_a_miss_and_goes(disk):
    store = MemoryStore()
    cache = RecordCache(disk(), DEFAULT, store)
    cache.put(record())
    (info,) = store.list()
    store.put(info.key, [b"rubbish"])
    local = disk()
    local.put(info.key.rpartition("/")[2], b"rubbish")
    assert cache.get(BLOB, DIFF) is None
    assert cache.counters.corrupt == 1
    assert cache.store_errors == 1
    assert list(store.list()) == []


class Broken(ObjectStore):
    """A store that is down."""

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        raise StoreUnavailable(store="test", reason="down")

    def get(self, key: str) -> AbstractContextManager[ObjectReader]:
        raise StoreUnavailable(store="test", reason="down")

    def head(self, key: str) -> ObjectInfo:
        raise StoreUnavailable(store="test", reason="down")

    def delete(self, key: str) -> None:
        raise StoreUnavailable(store="test", reason="down")

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        raise StoreUnavailable(store="test", reason="down")


def test_a_store_that_is_down_costs_nothing_but_a_count(disk):
    cache = RecordCache(disk(), DEFAULT, Broken())
    assert cache.get(BLOB, DIFF) is None
    cache.put(record())
    assert cache.get(BLOB, DIFF) == record()
    assert (cache.store_errors, cache.kept) == (3, 1)


def test_what_no_tier_took_is_not_kept():
    cache = RecordCache(DiskCache(CacheDirectory(None, quota=0)), DEFAULT, Broken())
    cache.put(record())
    assert cache.kept == 0


def test_use_is_reported_as_what_grew(disk, monkeypatch):
    added: list[tuple[str, float]] = []
    monkeypatch.setattr(
        "analyze.cache.metrics.metrics.add_metric", lambda name, value, **_: added.append((name, value))
    )
    cache = RecordCache(disk(), DEFAULT, MemoryStore())
    report = CacheMetrics(cache).report
    cache.put(record())
    report()
    assert dict(added) == {"CacheMisses": 1, "CacheStoreMisses": 1, "CacheBytesWritten": cache.counters.bytes_written}
    added.clear()
    cache.get(BLOB, DIFF)
    cache.counters.failed(OSError(errno.ESTALE, ""))
    report()
    assert dict(added) == {"CacheHits": 1, "CacheBytesRead": cache.counters.bytes_read, "CacheErrors": 1}
    added.clear()
    report()
    assert added == []
