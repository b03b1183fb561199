"""Room, temporary files and leases, and a file system that behaves as NFS: trap B15."""

import errno
import os
import time

import pytest

from analyze.cache.directory import SHARDS, CacheDirectory, Kind
from analyze.cache.disk import DiskCache

from .conftest import HEADER, KEYS, SAME_SHARD, files

ERRORS = [errno.EIO, errno.ESTALE, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOENT, errno.EACCES]


def written(directory, key, size, kind=Kind.RECORD):
    draft = directory.draft(key, kind, size)
    if draft is None:
        return False
    draft.write(bytes(size))
    return draft.keep()


def names(root):
    return [path.name for path in files(root)]


def age(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)


def test_files_of_killed_writers_and_readers_go_and_those_of_living_ones_stay(tmp_path):
    directory = CacheDirectory(tmp_path, quota=64 << 20)
    written(directory, SAME_SHARD[0], 1)
    shard = files(tmp_path)[0].parent
    for name in (".tmp-9-record-old", ".tmp-9-record-young", ".lease-a.blob-old", ".lease-a.blob-young"):
        (shard / name).write_bytes(b"")
    for name in (".tmp-9-record-old", ".lease-a.blob-old"):
        age(shard / name, 700)
    written(directory, SAME_SHARD[1], 1)
    assert [name for name in names(tmp_path) if name.startswith(".")] == [".lease-a.blob-young", ".tmp-9-record-young"]


def test_what_others_are_about_to_take_counts(tmp_path):
    directory = CacheDirectory(tmp_path, quota=SHARDS * 100)
    first = directory.draft(SAME_SHARD[0], Kind.RECORD, 60)
    assert first is not None
    assert not written(directory, SAME_SHARD[1], 60)
    assert directory.counters.too_large == 1
    assert written(directory, SAME_SHARD[2], 40)
    first.write(bytes(60))
    assert first.keep()
    assert sum(path.stat().st_size for path in files(tmp_path)) == 100


def test_a_draft_is_kept_only_when_it_is_as_large_as_announced(tmp_path):
    directory = CacheDirectory(tmp_path, quota=1 << 20)
    for size in (3, 5):
        draft = directory.draft(KEYS[0], Kind.RECORD, 4)
        draft.write(bytes(size))
        assert not draft.keep()
    dropped = directory.draft(KEYS[0], Kind.RECORD, 4)
    dropped.write(bytes(4))
    dropped.drop()
    assert not dropped.keep()
    assert names(tmp_path) == []


def test_blobs_have_a_share_and_take_no_record_s_place(tmp_path):
    directory = CacheDirectory(tmp_path, quota=SHARDS * 100, blob_quota=SHARDS * 60)
    assert written(directory, SAME_SHARD[0], 30, Kind.BLOB)
    assert written(directory, SAME_SHARD[1], 30, Kind.BLOB)
    age(tmp_path / "00" / f"{SAME_SHARD[0]}.blob", 100)
    assert written(directory, SAME_SHARD[2], 40, Kind.BLOB) is True  # 0 and 1 go
    assert names(tmp_path) == [f"{SAME_SHARD[2]}.blob"]
    assert written(directory, SAME_SHARD[3], 60)
    assert written(directory, SAME_SHARD[4], 40)  # a record takes the blob's place
    assert names(tmp_path) == [f"{SAME_SHARD[3]}.record", f"{SAME_SHARD[4]}.record"]
    assert not written(directory, SAME_SHARD[5], 10, Kind.BLOB)
    assert len(names(tmp_path)) == 2
    assert not CacheDirectory(tmp_path / "none", quota=SHARDS * 100).draft(KEYS[0], Kind.BLOB, 1)


def test_what_cannot_fit_evicts_nothing(tmp_path):
    directory = CacheDirectory(tmp_path, quota=SHARDS * 100)
    assert written(directory, SAME_SHARD[0], 50)
    assert directory.draft(SAME_SHARD[1], Kind.RECORD, 40)
    assert not written(directory, SAME_SHARD[2], 70)
    assert directory.counters.evictions == 0


def test_what_is_leased_stays(tmp_path):
    directory = CacheDirectory(tmp_path, quota=SHARDS * 100, blob_quota=SHARDS * 100)
    assert written(directory, SAME_SHARD[0], 60, Kind.BLOB)
    lease = directory.lease(directory.path(SAME_SHARD[0], Kind.BLOB))
    assert not written(directory, SAME_SHARD[1], 60)
    age(lease, 700)
    assert written(directory, SAME_SHARD[1], 60)
    assert names(tmp_path) == [f"{SAME_SHARD[1]}.record"]


def test_what_is_not_ours_counts_and_ages(tmp_path):
    directory = CacheDirectory(tmp_path, quota=SHARDS * 100)
    (tmp_path / "00" / "folder").mkdir(parents=True)
    (tmp_path / "00" / "odd").write_bytes(bytes(80))
    (tmp_path / "00" / ".tmp-99999999999999999999999-x").write_bytes(b"")
    assert written(directory, SAME_SHARD[0], 60)
    assert not (tmp_path / "00" / "odd").exists()


@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("operation", ["open", "read", "fstat"])
def test_errors_when_reading_are_counted_misses(tmp_path, nfs, operation, number):
    cache = DiskCache(CacheDirectory(tmp_path, quota=64 << 20))
    cache.put(KEYS[0], b"x")
    nfs.fail = {operation: number}
    assert cache.get(KEYS[0]) is None
    assert (cache.counters.misses, cache.counters.corrupt) == (1, 0)
    assert cache.counters.errors == ({} if number == errno.ENOENT else {errno.errorcode[number]: 1})
    nfs.fail = {}
    assert cache.get(KEYS[0]) == b"x"


@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("operation", ["open", "write", "close", "replace", "makedirs", "scandir"])
def test_errors_when_writing_keep_nothing_and_leave_nothing(tmp_path, nfs, operation, number):
    cache = DiskCache(CacheDirectory(tmp_path, quota=64 << 20))
    nfs.fail = {operation: number}
    assert not cache.put(KEYS[0], b"x")
    assert cache.counters.errors[errno.errorcode[number]] >= 1
    assert names(tmp_path) == []
    nfs.fail = {}
    assert cache.put(KEYS[0], b"x")


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS])
def test_room_that_cannot_be_made_is_not_taken(tmp_path, nfs, number):
    directory = CacheDirectory(tmp_path, quota=SHARDS * 100)
    assert written(directory, SAME_SHARD[0], 60)
    nfs.fail = {"unlink": number}
    assert not written(directory, SAME_SHARD[1], 60)
    assert f"{SAME_SHARD[0]}.record" in names(tmp_path)
    assert directory.counters.evictions == 0


def test_marking_as_used_may_fail(tmp_path, nfs):
    cache = DiskCache(CacheDirectory(tmp_path, quota=64 << 20))
    cache.put(KEYS[0], b"x")
    age(files(tmp_path)[0], 1000)
    nfs.fail = {"utime": errno.EROFS}
    assert cache.get(KEYS[0]) == b"x"
    assert cache.counters.errors == {"EROFS": 1}


def test_a_value_that_another_host_wrote_is_a_miss_until_it_is_seen(tmp_path, nfs):
    directory = CacheDirectory(tmp_path, quota=64 << 20)
    cache = DiskCache(directory)
    cache.put(KEYS[0], b"x")
    nfs.unseen = {directory.path(KEYS[0], Kind.RECORD)}
    assert cache.get(KEYS[0]) is None
    assert cache.put(KEYS[0], b"x")
    nfs.unseen = set()
    assert cache.get(KEYS[0]) == b"x"


def test_a_value_that_another_host_removes_while_it_is_read_is_a_miss(tmp_path, nfs):
    cache = DiskCache(CacheDirectory(tmp_path, quota=64 << 20))
    cache.put(KEYS[0], b"x")
    (path,) = files(tmp_path)
    nfs.before["read"] = lambda: nfs.removed_elsewhere(path)
    assert cache.get(KEYS[0]) is None
    assert cache.counters.errors == {"ESTALE": 1}


def test_a_writer_that_was_taken_for_dead_keeps_nothing(tmp_path, nfs):
    directory = CacheDirectory(tmp_path, quota=64 << 20)
    draft = directory.draft(SAME_SHARD[0], Kind.RECORD, 4)
    (path,) = files(tmp_path)
    draft.write(bytes(4))
    nfs.removed_elsewhere(path)
    assert not draft.keep()
    assert directory.counters.errors == {"ENOENT": 1}
    assert names(tmp_path) == []


def test_removed_files_that_are_open_do_not_count(tmp_path, nfs):
    directory = CacheDirectory(tmp_path, quota=SHARDS * 100)
    assert written(directory, SAME_SHARD[0], 60)
    reading = nfs.open(directory.path(SAME_SHARD[0], Kind.RECORD), os.O_RDONLY)
    assert written(directory, SAME_SHARD[1], 60)
    assert [name for name in names(tmp_path) if name.startswith(".nfs")]
    assert written(directory, SAME_SHARD[2], 60)
    nfs.close(reading)
    assert names(tmp_path) == [f"{SAME_SHARD[2]}.record"]


def test_whatever_fails_at_random_no_value_is_wrong_and_nothing_is_left(tmp_path, nfs):
    quota = SHARDS * 4 * (HEADER + 64)
    nfs.rate, nfs.errors = 0.1, (errno.ESTALE, errno.EIO, errno.ENOSPC, errno.ENOENT)
    cache = DiskCache(CacheDirectory(tmp_path, quota=quota))
    hits = 0
    for turn in range(600):
        key = SAME_SHARD[turn * 7 % 8]
        cache.put(key, key.encode())
        value = cache.get(SAME_SHARD[turn % 8])
        assert value in (None, SAME_SHARD[turn % 8].encode())
        hits += value is not None
    assert hits > 50
    nfs.rate = 0.0
    for path in files(tmp_path):
        if path.name.startswith(".tmp-"):
            age(path, 700)  # an unlink that failed
    assert cache.put(SAME_SHARD[0], b"x")
    assert not [name for name in names(tmp_path) if name.startswith(".tmp-")]
    assert sum(path.stat().st_size for path in files(tmp_path)) <= quota
