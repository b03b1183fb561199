"""Values by key: what was put comes back or does not, and never is another."""

import os
import threading
import time

import pytest

from analyze.cache.directory import SHARDS, CacheDirectory
from analyze.cache.disk import DiskCache

from .conftest import HEADER, KEYS, SAME_SHARD, files


@pytest.fixture
def cache(tmp_path):
    return DiskCache(CacheDirectory(tmp_path, quota=64 << 20))


def test_what_was_put_comes_back(cache):
    for key in KEYS[:20]:
        assert cache.put(key, key.encode())
    assert [cache.get(key) for key in KEYS[:20]] == [key.encode() for key in KEYS[:20]]
    assert cache.get(KEYS[21]) is None
    assert (cache.counters.hits, cache.counters.misses, cache.counters.stored) == (20, 1, 20)


@pytest.mark.parametrize(("root", "quota"), [(None, 1 << 30), ("", 1 << 30), ("/x", 0)])
def test_no_root_or_no_quota_is_no_cache(root, quota):
    cache = DiskCache(CacheDirectory(root, quota=quota))
    assert not cache.put(KEYS[0], b"x")
    assert cache.get(KEYS[0]) is None
    cache.discard(KEYS[0])
    assert not any(cache.counters.snapshot().values())


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d + b"x", lambda _: b"", lambda d: d[:40] + b"?" + d[41:]]
)
def test_a_corrupt_value_is_deleted_and_counted(cache, tmp_path, damage):
    cache.put(KEYS[0], b"value of some length")
    (path,) = files(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(KEYS[0]) is None
    assert cache.counters.corrupt == 1
    assert files(tmp_path) == []


def test_the_least_recently_used_goes_first(tmp_path):
    cache = DiskCache(CacheDirectory(tmp_path, quota=SHARDS * 3 * (HEADER + 10)))
    for age, key in enumerate(SAME_SHARD[:3]):
        cache.put(key, b"0123456789")
        path = next(path for path in files(tmp_path) if path.stem == key)
        os.utime(path, (1000 + age, 1000 + age))
    cache.get(SAME_SHARD[0])
    cache.put(SAME_SHARD[3], b"0123456789")
    assert [cache.get(key) is not None for key in SAME_SHARD[:4]] == [True, False, True, True]
    assert (cache.counters.evictions, cache.counters.bytes_evicted) == (1, HEADER + 10)


def test_a_value_that_was_used_just_now_is_not_marked_again(cache, tmp_path):
    cache.put(KEYS[0], b"x")
    (path,) = files(tmp_path)
    recent = time.time() - 60
    os.utime(path, (recent, recent))
    cache.get(KEYS[0])
    assert path.stat().st_mtime == pytest.approx(recent)


def test_replacing_a_value_evicts_nothing_else(tmp_path):
    cache = DiskCache(CacheDirectory(tmp_path, quota=SHARDS * 2 * (HEADER + 10)))
    for _ in range(5):
        for key in SAME_SHARD[:2]:
            assert cache.put(key, b"0123456789")
    assert cache.counters.evictions == 0


def test_a_value_over_a_shard_is_not_kept(tmp_path):
    cache = DiskCache(CacheDirectory(tmp_path, quota=SHARDS * 100))
    assert not cache.put(KEYS[0], bytes(65))
    assert cache.counters.too_large == 1


def test_the_quota_holds(tmp_path):
    quota = SHARDS * 5 * (HEADER + 100)
    cache = DiskCache(CacheDirectory(tmp_path, quota=quota))
    for key in KEYS:
        cache.put(key, bytes(100))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= quota


def test_a_root_that_is_no_directory_is_no_cache(tmp_path):
    root = tmp_path / "file"
    root.write_bytes(b"")
    cache = DiskCache(CacheDirectory(root, quota=64 << 20))
    assert not cache.put(KEYS[0], b"x")
    assert cache.get(KEYS[0]) is None
    assert cache.counters.errors == {"ENOTDIR": 2}


def test_many_writers_and_readers_never_see_half_a_value(tmp_path):
    quota = SHARDS * 4 * (HEADER + 20_000)
    wrong: list[object] = []

    def work(seed: int) -> None:
        cache = DiskCache(CacheDirectory(tmp_path, quota=quota))
        for turn in range(60):
            key = SAME_SHARD[(seed * 7 + turn) % 8]
            cache.put(key, key.encode() * 300)
            value = cache.get(SAME_SHARD[turn % 8])
            if value not in (None, SAME_SHARD[turn % 8].encode() * 300):
                wrong.append(value)
        wrong.extend([cache.counters.errors] if cache.counters.errors or cache.counters.corrupt else [])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not [path for path in files(tmp_path) if path.name.startswith(".tmp-")]


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "a/b", ".", "0000/../.."])
def test_a_key_is_never_a_path(cache, key):
    with pytest.raises(ValueError, match="not a key"):
        cache.get(key)
