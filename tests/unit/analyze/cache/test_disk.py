"""A cache that never fails an analysis, whatever its file system does."""

import errno
import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from analyze.cache.disk import SHARDS, DiskCache

KEYS = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(400)]
SAME_SHARD = [f"0000{number:060x}" for number in range(20)]
OVERHEAD = 36


def files(root):
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_what_was_put_comes_back(tmp_path):
    cache = DiskCache(tmp_path, quota=64 << 20)
    for key in KEYS[:20]:
        assert cache.put(key, key.encode())
    assert [cache.get(key) for key in KEYS[:20]] == [key.encode() for key in KEYS[:20]]
    assert cache.get(KEYS[21]) is None
    assert (cache.counters.hits, cache.counters.misses, cache.counters.stored) == (20, 1, 20)


@pytest.mark.parametrize(
    "cache", [DiskCache(None, quota=1 << 30), DiskCache("", quota=1 << 30), DiskCache("/x", quota=0)]
)
def test_no_root_or_no_quota_is_no_cache(cache):
    assert not cache.put(KEYS[0], b"x")
    assert cache.get(KEYS[0]) is None


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d + b"x", lambda _: b"", lambda d: d[:40] + b"?" + d[41:]]
)
def test_a_corrupt_value_is_deleted_and_counted(tmp_path, damage):
    cache = DiskCache(tmp_path, quota=64 << 20)
    cache.put(KEYS[0], b"value of some length")
    (path,) = files(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(KEYS[0]) is None
    assert cache.counters.corrupt == 1
    assert files(tmp_path) == []


def test_the_least_recently_used_goes_first(tmp_path):
    cache = DiskCache(tmp_path, quota=SHARDS * 3 * (OVERHEAD + 10))
    for age, key in enumerate(SAME_SHARD[:3]):
        cache.put(key, b"0123456789")
        path = next(path for path in files(tmp_path) if path.name == key)
        os.utime(path, (1000 + age, 1000 + age))
    cache.get(SAME_SHARD[0])
    cache.put(SAME_SHARD[3], b"0123456789")
    assert [cache.get(key) is not None for key in SAME_SHARD[:4]] == [True, False, True, True]
    assert cache.counters.evictions == 1


def test_replacing_a_value_evicts_nothing_else(tmp_path):
    cache = DiskCache(tmp_path, quota=SHARDS * 2 * (OVERHEAD + 10))
    for _ in range(5):
        for key in SAME_SHARD[:2]:
            cache.put(key, b"0123456789")
    assert cache.counters.evictions == 0


def test_a_value_over_a_shard_is_not_kept(tmp_path):
    cache = DiskCache(tmp_path, quota=SHARDS * 100)
    assert not cache.put(KEYS[0], bytes(65))
    assert cache.counters.too_large == 1


def test_the_quota_holds(tmp_path):
    quota = SHARDS * 5 * (OVERHEAD + 100)
    cache = DiskCache(tmp_path, quota=quota)
    for key in KEYS:
        cache.put(key, bytes(100))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= quota


def test_temporary_files_of_killed_writers_go_and_young_ones_stay(tmp_path):
    cache = DiskCache(tmp_path, quota=64 << 20)
    cache.put(SAME_SHARD[0], b"x")
    shard = files(tmp_path)[0].parent
    old, young = shard / ".tmp-old", shard / ".tmp-young"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.put(SAME_SHARD[1], b"y")
    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EROFS, errno.ENOSPC, errno.ENOENT, errno.EACCES])
def test_errors_of_the_file_system_are_counted_misses(tmp_path, monkeypatch, number):
    cache = DiskCache(tmp_path, quota=64 << 20)
    cache.put(KEYS[0], b"x")

    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "read_bytes", fail)
    monkeypatch.setattr(Path, "replace", fail)
    assert cache.get(KEYS[0]) is None
    assert not cache.put(KEYS[1], b"y")
    assert not [path for path in files(tmp_path) if path.name.startswith(".tmp-")]
    assert sum(cache.counters.errors.values()) >= 1


def test_a_root_that_is_no_directory_is_no_cache(tmp_path):
    root = tmp_path / "file"
    root.write_bytes(b"")
    cache = DiskCache(root, quota=64 << 20)
    assert not cache.put(KEYS[0], b"x")
    assert cache.get(KEYS[0]) is None
    assert sum(cache.counters.errors.values()) >= 2


def test_many_writers_and_readers_never_see_half_a_value(tmp_path):
    quota = SHARDS * 4 * (OVERHEAD + 20_000)
    wrong: list[object] = []

    def work(seed: int) -> None:
        cache = DiskCache(tmp_path, quota=quota)
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


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "a/b", "."])
def test_a_key_is_never_a_path(tmp_path, key):
    with pytest.raises(ValueError, match="not a key"):
        DiskCache(tmp_path, quota=64 << 20).get(key)
