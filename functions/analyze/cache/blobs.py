"""Downloads of layers in a cache directory, by the SHA-256 of the blob.

A blob is kept only when whoever read it has verified its digest, and it is read by those who verify it
again: what a manifest claims puts nothing in and takes nothing out. It is leased while it is read.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from analyze.cache.directory import CacheDirectory, Kind
from analyze.cache.draft import Draft

PART = 1 << 20  # bytes, as of other files
_REFRESH = 60.0  # seconds between two refreshes of a lease
_SHA256 = "sha256:"


class BlobLost(Exception):
    """The cache stopped in the middle of a blob. It must be read from where it came from."""


class BlobCache:
    """Blobs by digest in OCI form; nothing is kept of digests that are not SHA-256."""

    def __init__(self, directory: CacheDirectory) -> None:
        self._directory = directory
        self._on = bool(directory.root) and directory.blob_quota > 0

    def keep(self, digest: str, size: int) -> Draft | None:
        """Return a draft for a blob of `size` bytes, None when it is there already or has no room.

        Keep it only when the bytes that were written have that digest.
        """
        if not self._holds(digest) or self._directory.exists(self._path(digest)):
            return None
        return self._directory.draft(_key(digest), Kind.BLOB, size)

    @contextmanager
    def open(self, digest: str, size: int) -> Iterator[Iterator[bytes] | None]:
        """Open a blob as parts, None when it is not there with that size.

        The parts raise `BlobLost`, and are not verified yet: see `intact`.
        """
        if not self._holds(digest):
            yield None
            return
        path = self._path(digest)
        descriptor, lease = self._open(path, size)
        if descriptor is None:
            yield None
            return
        try:
            yield self._parts(descriptor, lease)
        finally:
            with self._directory.tolerated():
                os.close(descriptor)
            if lease:
                self._directory.remove(lease)

    def intact(self, digest: str) -> bool:
        """Read a blob that its reader found fault with; False when the cache is to blame, which then has it no more."""
        path = self._path(digest)
        try:
            damaged = hash_of(path) != digest
        except OSError:
            return False
        if damaged:
            self._directory.counters.add(corrupt=1)
            self._directory.remove(path)
        return not damaged

    def _holds(self, digest: str) -> bool:
        return self._on and digest.startswith(_SHA256)

    def _path(self, digest: str) -> str:
        return self._directory.path(_key(digest), Kind.BLOB)

    def _open(self, path: str, size: int) -> tuple[int | None, str]:
        counters = self._directory.counters
        lease = self._directory.lease(path)
        descriptor: int | None = None
        try:
            descriptor = os.open(path, os.O_RDONLY)
            if os.fstat(descriptor).st_size == size:
                self._directory.touch(path)
                counters.add(hits=1)
                return descriptor, lease
        except FileNotFoundError:
            pass
        except OSError as error:
            counters.failed(error)
        if descriptor is not None:
            with self._directory.tolerated():
                os.close(descriptor)
        if lease:
            self._directory.remove(lease)
        counters.add(misses=1)
        return None, ""

    def _parts(self, descriptor: int, lease: str) -> Iterator[bytes]:
        refreshed = time.monotonic()
        while True:
            try:
                part = os.read(descriptor, PART)
            except OSError as error:
                self._directory.counters.failed(error)
                raise BlobLost from error
            if not part:
                return
            self._directory.counters.add(bytes_read=len(part))
            if lease and time.monotonic() - refreshed > _REFRESH:
                refreshed = time.monotonic()
                self._directory.touch(lease)
            yield part


def hash_of(path: str) -> str:
    """Return the digest of a file. Raises `OSError`."""
    with open(path, "rb") as stream:  # noqa: PTH123
        return _SHA256 + hashlib.file_digest(stream, "sha256").hexdigest()


def _key(digest: str) -> str:
    return digest.removeprefix(_SHA256)
