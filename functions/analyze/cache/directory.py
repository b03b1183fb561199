"""A directory that many functions share: who may write how much, and what goes to make room.

Made for NFS (EFS), where there are no locks worth their price:

- A file appears under its name by `rename`, whole. Before that its name says how large it will be, so that
  every writer sees what the others are about to take.
- The quota is divided over shards, so that a writer looks at one directory to keep it.
- A file that is being read has a lease beside it, a file too. Leases and files under temporary names are
  refreshed by those who use them; after a while without that, their process has been killed.
- Other hosts see changes late, or find a file gone that they had open. Every error of the file system is
  counted and means no more than that the cache did not help.
"""

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from analyze.cache.counters import Counters
from analyze.cache.draft import Draft

SHARDS = 16  # fewer hold larger files, more are read faster when one is written
ABANDONED = 600.0  # seconds without a write or a refresh after which a process counts as killed
_TEMPORARY, _LEASE = ".tmp-", ".lease-"
_SILLY = ".nfs"  # what NFS calls a file that was removed while a process of this host has it open


class Kind(StrEnum):
    """What a file of a shard is; the value is its suffix where it has one."""

    RECORD = "record"
    BLOB = "blob"
    TEMPORARY = "temporary"
    LEASE = "lease"
    STRAY = "stray"  # nothing that is written today: it counts, and goes by its age


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a shard. `size` of a temporary one is what it will be; a lease names its `target`."""

    path: str
    kind: Kind
    size: int
    mtime: float
    target: str = ""

    @property
    def name(self) -> str:
        """The base name."""
        return os.path.basename(self.path)  # noqa: PTH119 -- paths are strings here, for speed


class CacheDirectory:
    """`quota` bytes in all, of them at most `blob_quota` of blobs. No root, or a quota of 0, is no cache."""

    def __init__(
        self, root: str | os.PathLike[str] | None, *, quota: int, blob_quota: int = 0, abandoned: float = ABANDONED
    ) -> None:
        self.counters = Counters()
        self.root = os.fspath(root) if root and quota > 0 else ""
        self.quota = quota
        self.blob_quota = min(quota, blob_quota)
        self.abandoned = abandoned

    def path(self, key: str, kind: Kind) -> str:
        """Return where the value of a key is. Raises `ValueError` for what is not hexadecimal digits."""
        if len(key) < 4 or not key.isalnum():
            raise ValueError(f"{key!r} is not a key")
        return f"{self.root}/{int(key[:4], 16) % SHARDS:02x}/{key}.{kind}"

    def draft(self, key: str, kind: Kind, size: int) -> Draft | None:
        """Make room for a file of `size` bytes and open it; None when there is none to be had."""
        share = (self.blob_quota if kind is Kind.BLOB else self.quota) // SHARDS
        if not self.root or size > share:
            self.counters.add(too_large=1 if self.root else 0)
            return None
        path = self.path(key, kind)
        shard = os.path.dirname(path)  # noqa: PTH120
        temporary = f"{shard}/{_TEMPORARY}{size}-{kind}-{os.urandom(8).hex()}"
        descriptor = -1
        try:
            os.makedirs(shard, exist_ok=True)  # noqa: PTH103
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            # After the name is there: of two writers at once, the later sees what the earlier will take.
            if self._make_room(shard, kind, size, temporary, path):
                return Draft(self, descriptor, temporary, path, size)
            self.counters.add(too_large=1)
        except OSError as error:
            self.counters.failed(error)
        if descriptor >= 0:
            with self.tolerated():
                os.close(descriptor)
            self.remove(temporary)
        return None

    def lease(self, path: str) -> str:
        """Keep a file from being evicted; return the lease's path, "" when there is none to be had."""
        shard, name = os.path.split(path)
        lease = f"{shard}/{_LEASE}{name}-{os.urandom(8).hex()}"
        try:
            os.close(os.open(lease, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
        except FileNotFoundError:
            return ""  # no shard yet, and so no such file
        except OSError as error:
            self.counters.failed(error)
            return ""
        return lease

    def exists(self, path: str) -> bool:
        """Tell whether a file is there, as far as this host knows."""
        try:
            os.stat(path)  # noqa: PTH116
        except OSError:
            return False
        return True

    def touch(self, path: str) -> None:
        """Refresh a lease, or note that a file was used; the time is the file system's."""
        with self.tolerated():
            os.utime(path)

    def remove(self, path: str) -> bool:
        """Remove a file; False when it is still there."""
        try:
            os.unlink(path)  # noqa: PTH108
        except FileNotFoundError:
            return True
        except OSError as error:
            self.counters.failed(error)
            return False
        return True

    def evict(self, found: Found) -> bool:
        """Remove a value to make room; False when it is still there."""
        gone = self.remove(found.path)
        if gone:
            self.counters.add(evictions=1, bytes_evicted=found.size)
        return gone

    @contextlib.contextmanager
    def tolerated(self) -> Iterator[None]:
        """Go on when another function was first, and count what else goes wrong."""
        try:
            yield
        except FileNotFoundError:
            return
        except OSError as error:
            self.counters.failed(error)

    def shards(self) -> list[str]:
        """Return the directories of all shards that exist."""
        return [shard for number in range(SHARDS) if os.path.isdir(shard := f"{self.root}/{number:02x}")]  # noqa: PTH112

    def scan(self, shard: str) -> Iterator[Found]:
        """Yield the files of a shard. What vanishes meanwhile is left out. Raises `OSError`."""
        with os.scandir(shard) as entries:
            for entry in entries:
                if entry.name.startswith(_SILLY):
                    continue
                with self.tolerated():
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        yield _found(entry.path, entry.name, status)

    def is_abandoned(self, found: Found, now: float) -> bool:
        """Tell whether a lease or a file under a temporary name belongs to nobody any more."""
        return found.kind in (Kind.TEMPORARY, Kind.LEASE) and now - found.mtime > self.abandoned

    def _make_room(self, shard: str, kind: Kind, size: int, temporary: str, replaced: str) -> bool:
        """Remove the least recently used until `size` more bytes fit; False, and nothing removed, when they cannot.

        A blob only takes the place of other blobs: a record stands for more work than a download.
        """
        held = self._held(shard, temporary, replaced)
        leased = {found.target for found in held if found.kind is Kind.LEASE}
        total = size + sum(found.size for found in held)
        blobs = sum(found.size for found in held if _is_blob(found)) + (size if kind is Kind.BLOB else 0)
        over, blobs_over = total - self.quota // SHARDS, blobs - self.blob_quota // SHARDS
        victims: list[Found] = []
        for found in sorted(held, key=lambda found: found.mtime):
            if over <= 0 and (kind is not Kind.BLOB or blobs_over <= 0):
                break
            if found.kind in (Kind.TEMPORARY, Kind.LEASE) or found.name in leased:
                continue
            if kind is Kind.BLOB and found.kind is not Kind.BLOB:
                continue
            victims.append(found)
            over -= found.size
            blobs_over -= found.size if found.kind is Kind.BLOB else 0
        if over > 0 or (kind is Kind.BLOB and blobs_over > 0):
            return False
        return all(self.evict(victim) for victim in victims)

    def _held(self, shard: str, temporary: str, replaced: str) -> list[Found]:
        """Return the files of a shard that count, without those of killed processes, which go."""
        everything = list(self.scan(shard))
        # The clock of the file system, which sets all the times that are compared.
        now = next((found.mtime for found in everything if found.path == temporary), time.time())
        held = []
        for found in everything:
            if self.is_abandoned(found, now):
                self.remove(found.path)
            elif found.path not in (temporary, replaced):
                held.append(found)
        return held


def _found(path: str, name: str, status: os.stat_result) -> Found:
    if name.startswith(_TEMPORARY):
        announced = name[len(_TEMPORARY) :].partition("-")[0]
        size = int(announced) if announced.isdecimal() and len(announced) < 19 else 0
        return Found(path, Kind.TEMPORARY, max(size, status.st_size), status.st_mtime)
    if name.startswith(_LEASE):
        target = name[len(_LEASE) :].rpartition("-")[0]
        return Found(path, Kind.LEASE, 0, status.st_mtime, target)
    suffix = name.rpartition(".")[2]
    kind = Kind(suffix) if suffix in (Kind.RECORD, Kind.BLOB) else Kind.STRAY
    return Found(path, kind, status.st_size, status.st_mtime)


def _is_blob(found: Found) -> bool:
    return found.kind is Kind.BLOB or (found.kind is Kind.TEMPORARY and f"-{Kind.BLOB}-" in found.name)
