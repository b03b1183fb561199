"""Records in memory: shared, bounded, and never instead of what is stored."""

from dataclasses import replace

import pytest
from tests.harness.entries import entries
from tests.harness.raw_tars import digest

from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from analyze.cache.memory import MemoryRecords
from analyze.cache.records import RecordCache
from analyze.catalogers.contract import Facts
from analyze.layer.record import LayerRecord, Section
from analyze.limits import DEFAULT

BLOB, DIFF = digest(b"blob"), digest(b"diff")


def record(*members: str) -> LayerRecord:
    return LayerRecord(BLOB, DIFF, 1, 2, entries(*members), {"a": Section(1)}, {}, [])


@pytest.fixture
def cache(tmp_path):
    return RecordCache(DiskCache(CacheDirectory(tmp_path / "efs", quota=64 << 20)), DEFAULT, memory=1 << 20)


def test_the_second_look_decodes_nothing(cache):
    cache.put(record("f=1"))
    first = cache.get(BLOB, DIFF)
    assert first == record("f=1")
    assert cache.get(BLOB, DIFF) is first
    assert cache.memory_hits == 1


def test_what_is_stored_anew_is_read_anew(cache):
    cache.put(record("f=1"))
    old = cache.get(BLOB, DIFF)
    newer = replace(record("f=1"), sections={"a": Section(2, {0: Facts([{"name": "n", "version": "1"}])})})
    cache.put(newer)
    found = cache.get(BLOB, DIFF)
    assert found is not old
    assert found.sections["a"].version == 2


def test_evidence_comes_from_below(cache):
    cache.put(replace(record("f=1"), evidence={0: b"1"}))
    assert not cache.get(BLOB, DIFF).evidence
    assert cache.get(BLOB, DIFF, evidence=True).evidence == {0: b"1"}
    assert not cache.get(BLOB, DIFF).evidence


def test_the_least_recently_used_goes_first():
    held = MemoryRecords(3000)
    for name in ("a", "b", "c"):
        held.put(name, record("f=1"), stored=10)
    held.get("a")
    held.put("d", record("f=1"), stored=10)
    assert [name for name in "abcd" if held.get(name)] == ["a", "c", "d"]


def test_what_is_too_large_is_not_held():
    held = MemoryRecords(3000)
    held.put("a", record("f=1"), stored=10)
    held.put("a", record("f=1"), stored=1000)
    assert held.get("a") is None
    held.put("b", record("f=1"), stored=10)
    held.discard("b")
    held.discard("b")
    assert held.get("b") is None


def test_without_room_nothing_is_held(tmp_path):
    cache = RecordCache(DiskCache(CacheDirectory(tmp_path / "efs", quota=64 << 20)), DEFAULT)
    cache.put(record("f=1"))
    assert cache.get(BLOB, DIFF) is not cache.get(BLOB, DIFF)
