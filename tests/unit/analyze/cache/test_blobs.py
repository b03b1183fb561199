"""Downloads that are kept: leased, verified by whoever reads them, and never worth a failure."""

import errno
import os
import time

import pytest
from tests.harness.raw_tars import digest

from analyze.cache.blobs import BlobCache, BlobLost
from analyze.cache.directory import SHARDS, CacheDirectory, Kind

from .conftest import files

CONTENT = os.urandom(600_000)
DIGEST = digest(CONTENT)


@pytest.fixture
def directory(tmp_path):
    return CacheDirectory(tmp_path, quota=64 << 20, blob_quota=32 << 20)


@pytest.fixture
def blobs(directory):
    cache = BlobCache(directory)
    draft = cache.keep(DIGEST, len(CONTENT))
    for at in range(0, len(CONTENT), 1 << 18):
        draft.write(CONTENT[at : at + (1 << 18)])
    assert draft.keep()
    return cache


SIZE = len(CONTENT)


def read(blobs, size=SIZE):
    with blobs.open(DIGEST, size) as parts:
        return None if parts is None else b"".join(parts)


def test_what_was_kept_is_read_and_not_kept_again(blobs, directory):
    assert read(blobs) == CONTENT
    assert blobs.keep(DIGEST, len(CONTENT)) is None
    counters = directory.counters
    assert (counters.hits, counters.bytes_read, counters.errors) == (1, len(CONTENT), {})
    assert blobs.intact(DIGEST)


def test_a_lie_about_the_size_finds_nothing_and_harms_nothing(blobs):
    assert read(blobs, 5) is None
    assert read(blobs) == CONTENT


@pytest.mark.parametrize("name", ["", "sha512:" + 128 * "a", "md5:../x"])
def test_only_sha256_names_a_blob(blobs, name):
    assert blobs.keep(name, 1) is None
    with blobs.open(name, 1) as parts:
        assert parts is None


def test_no_share_is_no_cache(tmp_path):
    blobs = BlobCache(CacheDirectory(tmp_path, quota=64 << 20))
    assert blobs.keep(DIGEST, 1) is None
    assert read(blobs) is None
    assert list(tmp_path.iterdir()) == []


def test_a_blob_is_leased_while_it_is_read_and_its_lease_refreshed(blobs, directory, tmp_path, monkeypatch):
    monkeypatch.setattr("analyze.cache.blobs._REFRESH", -1.0)
    with blobs.open(DIGEST, len(CONTENT)) as parts:
        (lease,) = [path for path in files(tmp_path) if path.name.startswith(".lease-")]
        os.utime(lease, (1000, 1000))
        next(parts)
        assert time.time() - lease.stat().st_mtime < 100
        key = f"{int(DIGEST[7:11], 16) % SHARDS:04x}{0:060x}"
        size = directory.blob_quota // SHARDS
        assert directory.draft(key, Kind.BLOB, size) is None
    assert [path.name for path in files(tmp_path)] == [f"{DIGEST[7:]}.blob"]
    assert directory.draft(key, Kind.BLOB, size)
    assert read(blobs) is None


def test_a_killed_reader_s_lease_ends(blobs, directory, tmp_path):
    with blobs.open(DIGEST, len(CONTENT)):
        (lease,) = [path for path in files(tmp_path) if path.name.startswith(".lease-")]
        (tmp_path / "kept").hardlink_to(lease)
    (tmp_path / "kept").rename(lease)
    os.utime(lease, (1000, 1000))
    key = f"{int(DIGEST[7:11], 16) % SHARDS:04x}{0:060x}"
    assert directory.draft(key, Kind.BLOB, directory.blob_quota // SHARDS)
    assert not lease.exists()


def test_a_damaged_blob_goes_and_is_counted(blobs, directory, tmp_path):
    (path,) = files(tmp_path)
    path.write_bytes(CONTENT[:-1] + b"?")
    assert not blobs.intact(DIGEST)
    assert directory.counters.corrupt == 1
    assert not path.exists()
    assert not blobs.intact(DIGEST)


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO])
def test_a_read_that_fails_half_way_says_so(blobs, directory, nfs, number):
    with blobs.open(DIGEST, len(CONTENT)) as parts:
        next(parts)
        nfs.fail = {"read": number}
        with pytest.raises(BlobLost):
            next(parts)
    assert directory.counters.errors == {errno.errorcode[number]: 1}


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.EROFS, errno.ENOSPC])
def test_what_cannot_be_opened_is_a_miss(blobs, nfs, tmp_path, number):
    nfs.fail = {"open": number}
    assert read(blobs) is None
    nfs.fail = {"fstat": number}
    assert read(blobs) is None
    nfs.fail = {}
    assert [path.name for path in files(tmp_path)] == [f"{DIGEST[7:]}.blob"]
    assert read(blobs) == CONTENT


def test_a_blob_that_another_host_removes_is_lost_and_one_that_this_host_removes_is_read_to_its_end(
    blobs, directory, nfs, tmp_path
):
    with blobs.open(DIGEST, len(CONTENT)) as parts:
        directory.remove(directory.path(DIGEST[7:], Kind.BLOB))
        assert b"".join(parts) == CONTENT
    assert files(tmp_path) == []
    draft = blobs.keep(DIGEST, len(CONTENT))
    draft.write(CONTENT)
    draft.keep()
    with blobs.open(DIGEST, len(CONTENT)) as parts:
        next(parts)
        nfs.removed_elsewhere(tmp_path / directory.path(DIGEST[7:], Kind.BLOB))
        with pytest.raises(BlobLost):
            next(parts)


def test_a_full_disk_ends_the_keeping_and_not_the_reading(directory, nfs, tmp_path):
    draft = BlobCache(directory).keep(DIGEST, len(CONTENT))
    draft.write(CONTENT[:1000])
    nfs.fail = {"write": errno.ENOSPC}
    draft.write(CONTENT[1000:])
    draft.write(b"more")
    assert not draft.keep()
    assert files(tmp_path) == []
    assert directory.counters.errors == {"ENOSPC": 1}
