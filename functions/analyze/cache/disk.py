"""Values by key in a cache directory: read whole, verified when read."""

import hashlib
import os
import time

from analyze.cache.counters import Counters
from analyze.cache.directory import CacheDirectory, Kind

TOUCH = 600.0  # seconds: a younger value is not marked as used, which costs a write
_PREFIX = b"CHC1"
_HEADER = len(_PREFIX) + 32


class DiskCache:
    """Values by hexadecimal key. No error of the file system reaches the caller."""

    def __init__(self, directory: CacheDirectory) -> None:
        self._directory = directory

    @property
    def counters(self) -> Counters:
        """How the directory was used."""
        return self._directory.counters

    @property
    def configured(self) -> bool:
        """Whether there is a directory at all."""
        return bool(self._directory.root)

    def get(self, key: str) -> bytes | None:
        """Return the value of a key, None when it is not there or not readable; a corrupt one is deleted."""
        if not self.configured:
            return None
        path = self._directory.path(key, Kind.RECORD)
        try:
            data, used = _read(path)
        except FileNotFoundError:
            self.counters.add(misses=1)
            return None
        except OSError as error:
            self.counters.failed(error)
            self.counters.add(misses=1)
            return None
        value = unwrap(data)
        if value is None:
            self.counters.add(corrupt=1, misses=1)
            self._directory.remove(path)
            return None
        self.counters.add(hits=1, bytes_read=len(data))
        if time.time() - used > TOUCH:
            self._directory.touch(path)
        return value

    def put(self, key: str, value: bytes) -> bool:
        """Keep a value, replacing what the key had; False when it could not be kept."""
        draft = self._directory.draft(key, Kind.RECORD, _HEADER + len(value))
        if draft is None:
            return False
        try:
            draft.write(_PREFIX + hashlib.sha256(value).digest())
            draft.write(value)
            return draft.keep()
        finally:
            draft.drop()

    def discard(self, key: str) -> None:
        """Remove a value that its reader found to be no good, and count it."""
        if self._directory.root:
            self.counters.add(corrupt=1)
            self._directory.remove(self._directory.path(key, Kind.RECORD))


def unwrap(data: bytes) -> bytes | None:
    """Return the value in the bytes of a file, None when they are not what was written."""
    value = data[_HEADER:]
    return value if data[:_HEADER] == _PREFIX + hashlib.sha256(value).digest() else None


def _read(path: str) -> tuple[bytes, float]:
    """Return a file's bytes and when it was last used."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        parts = []
        status = os.fstat(descriptor)
        left = status.st_size
        while left > 0 and (part := os.read(descriptor, min(left, 16 << 20))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts), status.st_mtime
    finally:
        os.close(descriptor)
