"""A cache of objects in a directory that many functions share (EFS, or a disk).

Sharded, so that enforcing the quota scans one directory. Written under a temporary name and renamed,
verified when read, aged by the modification time that every hit refreshes. An error of the file system
is a miss: a cache never fails an analysis.
"""

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SHARDS = 64
_PREFIX = b"CHC1"
_HEADER = len(_PREFIX) + 32
_TEMPORARY = ".tmp-"
_ABANDONED = 3600.0  # seconds after which a temporary file has lost its writer


@dataclass(slots=True)
class Counters:
    """For metrics: how the cache was used since it was opened."""

    hits: int = 0
    misses: int = 0
    stored: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    evictions: int = 0
    corrupt: int = 0
    too_large: int = 0
    errors: dict[str, int] = field(default_factory=dict)  # by errno name or error code

    def failed(self, error: OSError) -> None:
        """Count an error of the file system."""
        name = type(error).__name__ if error.errno is None else os.strerror(error.errno)
        self.errors[name] = self.errors.get(name, 0) + 1


class DiskCache:
    """Values by hexadecimal key. `quota` is in bytes; 0 or no root means that nothing is kept."""

    def __init__(self, root: str | Path | None, *, quota: int) -> None:
        self.counters = Counters()
        self._root = Path(root) if root and quota > 0 else None
        self._shard_quota = quota // SHARDS

    def get(self, key: str) -> bytes | None:
        """Return the value of a key, None when it is not there or not readable; a corrupt one is deleted."""
        if self._root is None:
            return None
        path = self._path(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            self.counters.misses += 1
            return None
        except OSError as error:
            self.counters.failed(error)
            self.counters.misses += 1
            return None
        value = data[_HEADER:]
        if data[:_HEADER] != _PREFIX + hashlib.sha256(value).digest():
            self.counters.corrupt += 1
            self.counters.misses += 1
            self._remove(path)
            return None
        self.counters.hits += 1
        self.counters.bytes_read += len(data)
        with self._tolerated():
            os.utime(path)
        return value

    def put(self, key: str, value: bytes) -> bool:
        """Keep a value, replacing what the key had; False when it could not be kept."""
        if self._root is None:
            return False
        size = _HEADER + len(value)
        if size > self._shard_quota:
            self.counters.too_large += 1
            return False
        path = self._path(key)
        temporary = path.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(path, size)
            with temporary.open("xb") as stream:
                stream.write(_PREFIX + hashlib.sha256(value).digest())
                stream.write(value)
            temporary.replace(path)
        except OSError as error:
            self.counters.failed(error)
            self._remove(temporary)
            return False
        self.counters.stored += 1
        self.counters.bytes_written += size
        return True

    def discard(self, key: str) -> None:
        """Remove a value that its reader found to be no good, and count it."""
        if self._root is not None:
            self.counters.corrupt += 1
            self._remove(self._path(key))

    def _path(self, key: str) -> Path:
        if self._root is None or not key.isalnum():
            raise ValueError(f"{key!r} is not a key")
        return self._root / f"{int(key[:4], 16) % SHARDS:02x}" / key

    def _make_room(self, path: Path, size: int) -> None:
        """Delete the least recently used of a shard until `size` more bytes fit beside the rest."""
        kept: list[tuple[float, int, Path]] = []
        total = size
        now = time.time()
        for entry in path.parent.iterdir():
            if entry == path:
                continue
            with self._tolerated():
                status = entry.stat()
                if not entry.name.startswith(_TEMPORARY):
                    kept.append((status.st_mtime, status.st_size, entry))
                elif now - status.st_mtime > _ABANDONED:
                    self._remove(entry)
                    continue
                total += status.st_size  # a file being written counts and is never taken from its writer
        for _, weight, entry in sorted(kept):
            if total <= self._shard_quota:
                return
            self._remove(entry)
            self.counters.evictions += 1
            total -= weight

    def _remove(self, path: Path) -> None:
        with self._tolerated():
            path.unlink()

    @contextlib.contextmanager
    def _tolerated(self) -> Iterator[None]:
        """Go on when another function was first, and count what else goes wrong."""
        try:
            yield
        except FileNotFoundError:
            return
        except OSError as error:
            self.counters.failed(error)
