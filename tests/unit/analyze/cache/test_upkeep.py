"""What an operator sees of a cache and does to it."""

import os
import time
from pathlib import Path

import pytest
from tests.harness.raw_tars import digest

from analyze.cache.blobs import BlobCache
from analyze.cache.directory import SHARDS, CacheDirectory, Kind
from analyze.cache.disk import DiskCache
from analyze.cache.upkeep import Amount, prune, usage, verify

from .conftest import HEADER, KEYS, SAME_SHARD, files

CONTENT = b"blob" * 100
DAY = 86_400


@pytest.fixture
def directory(tmp_path):
    directory = CacheDirectory(tmp_path, quota=64 << 20, blob_quota=32 << 20)
    for key in KEYS[:3]:
        DiskCache(directory).put(key, b"value")
    draft = BlobCache(directory).keep(digest(CONTENT), len(CONTENT))
    draft.write(CONTENT)
    draft.keep()
    return directory


def path_of(directory, key):
    return directory.path(key, Kind.RECORD)


def age(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)


def leave(directory, name):
    """What a process leaves that was killed a while ago."""
    path = f"{directory.shards()[0]}/{name}"
    os.close(os.open(path, os.O_CREAT))
    age(path, 1000)


def test_usage_counts_by_kind(directory, tmp_path):
    leave(directory, ".tmp-7-record-x")
    leave(directory, ".lease-a.blob-x")
    age(path_of(directory, KEYS[0]), DAY)
    found = usage(directory)
    sizes = {str(kind): (amount.files, amount.bytes) for kind, amount in found.kinds.items()}
    record = HEADER + len(b"value")
    assert sizes == {
        "record": (3, 3 * record),
        "blob": (1, len(CONTENT)),
        "temporary": (1, 7),
        "lease": (1, 0),
        "stray": (0, 0),
    }
    assert found.bytes == 3 * record + len(CONTENT) + 7
    assert found.abandoned == Amount(2, 7)
    assert found.most_recent - found.least_recent == pytest.approx(DAY, abs=5)


def test_usage_of_nothing(tmp_path):
    assert usage(CacheDirectory(tmp_path / "no", quota=1)).bytes == 0
    assert usage(CacheDirectory(None, quota=1)).least_recent is None


def test_pruning_takes_what_killed_processes_left(directory, tmp_path):
    before = files(tmp_path)
    leave(directory, ".tmp-7-record-x")
    leave(directory, ".lease-a.blob-x")
    assert prune(directory, dry_run=True) == Amount(2, 7)
    assert len(files(tmp_path)) == len(before) + 2
    assert prune(directory) == Amount(2, 7)
    assert files(tmp_path) == before


def test_pruning_by_age_and_kind(directory, tmp_path):
    age(path_of(directory, KEYS[0]), 10 * DAY)
    age(directory.path(digest(CONTENT)[7:], Kind.BLOB), 10 * DAY)
    assert prune(directory, unused_seconds=20 * DAY).files == 0
    assert prune(directory, unused_seconds=5 * DAY, blobs_only=True) == Amount(1, len(CONTENT))
    assert prune(directory, unused_seconds=5 * DAY).files == 1
    assert prune(directory, unused_seconds=0).files == 2
    assert files(tmp_path) == []


def test_pruning_leaves_what_is_being_read(directory, tmp_path):
    with BlobCache(directory).open(digest(CONTENT), len(CONTENT)) as parts:
        prune(directory, unused_seconds=0)
        assert b"".join(parts) == CONTENT
    assert [path.suffix for path in files(tmp_path)] == [".blob"]


def test_pruning_to_quotas_that_were_lowered(tmp_path):
    large = CacheDirectory(tmp_path, quota=64 << 20, blob_quota=32 << 20)
    for number, key in enumerate(SAME_SHARD[:6]):
        draft = large.draft(key, Kind.BLOB if number % 2 else Kind.RECORD, 100)
        draft.write(bytes(100))
        draft.keep()
        age(large.path(key, Kind.BLOB if number % 2 else Kind.RECORD), 600 - number)
    small = CacheDirectory(tmp_path, quota=SHARDS * 300, blob_quota=SHARDS * 100)
    assert prune(small) == Amount(3, 300)
    left = [path.name for path in files(tmp_path)]
    assert left == [f"{SAME_SHARD[2]}.record", f"{SAME_SHARD[4]}.record", f"{SAME_SHARD[5]}.blob"]


def test_verifying_removes_what_is_damaged(directory, tmp_path):
    checked = Amount()
    assert list(verify(directory, checked)) == []
    assert checked.files == 4
    blob, record = directory.path(digest(CONTENT)[7:], Kind.BLOB), path_of(directory, KEYS[1])
    for path in (blob, record):
        with Path(path).open("r+b") as stream:
            stream.seek(-1, 2)
            stream.write(b"?")
    assert len(list(verify(directory, Amount(), dry_run=True))) == 2
    assert len(files(tmp_path)) == 4
    damaged = list(verify(directory, Amount()))
    assert sorted(str(one.kind) for one in damaged) == ["blob", "record"]
    assert len(files(tmp_path)) == 2
    assert list(verify(directory, Amount())) == []
