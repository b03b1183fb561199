"""What an operator wants to know of a cache directory and do to it, while functions use it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from analyze.cache.blobs import hash_of
from analyze.cache.directory import SHARDS, CacheDirectory, Found, Kind
from analyze.cache.disk import unwrap


@dataclass(slots=True)
class Amount:
    """A number of files and their bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, found: Found) -> None:
        """Count one more."""
        self.files += 1
        self.bytes += found.size


@dataclass(slots=True)
class Usage:
    """What a cache holds. Times are those of the file system, None when it is empty."""

    kinds: dict[Kind, Amount] = field(default_factory=lambda: {kind: Amount() for kind in Kind})
    abandoned: Amount = field(default_factory=Amount)  # of temporary files and leases: left by killed processes
    fullest_shard: int = 0  # bytes; a shard holds at most the quota divided by the number of shards
    least_recent: float | None = None
    most_recent: float | None = None

    @property
    def bytes(self) -> int:
        """All bytes that count against the quota."""
        return sum(amount.bytes for amount in self.kinds.values())


def usage(directory: CacheDirectory) -> Usage:
    """Look at everything once. Raises `OSError`."""
    found = Usage()
    now = time.time()
    for shard in directory.shards():
        held = 0
        for item in directory.scan(shard):
            found.kinds[item.kind].add(item)
            held += item.size
            if directory.is_abandoned(item, now):
                found.abandoned.add(item)
            if item.kind in (Kind.RECORD, Kind.BLOB):
                found.least_recent = min(item.mtime, found.least_recent or item.mtime)
                found.most_recent = max(item.mtime, found.most_recent or item.mtime)
        found.fullest_shard = max(found.fullest_shard, held)
    return found


def prune(
    directory: CacheDirectory, *, unused_seconds: float | None = None, blobs_only: bool = False, dry_run: bool = False
) -> Amount:
    """Remove what killed processes left, what is over the quotas, and what was not used for `unused_seconds`.

    The least recently used goes first, and what is being read stays. Returns what went, or would. Raises
    `OSError`.
    """
    gone = Amount()
    now = time.time()
    for shard in directory.shards():
        for item in _superfluous(directory, list(directory.scan(shard)), now, unused_seconds, blobs_only):
            value = item.kind not in (Kind.TEMPORARY, Kind.LEASE)
            if dry_run or (directory.evict(item) if value else directory.remove(item.path)):
                gone.add(item)
    return gone


def _superfluous(
    directory: CacheDirectory, held: list[Found], now: float, unused_seconds: float | None, blobs_only: bool
) -> Iterator[Found]:
    abandoned = [item for item in held if directory.is_abandoned(item, now)]
    yield from abandoned
    gone = {item.path for item in abandoned}
    alive = [item for item in held if item.path not in gone]
    leased = {item.target for item in alive if item.kind is Kind.LEASE}
    free = [item for item in sorted(alive, key=lambda item: item.mtime) if _may_go(item, leased)]
    goes: dict[str, Found] = {}
    over = sum(item.size for item in alive) - directory.quota // SHARDS
    blobs_over = sum(item.size for item in alive if item.kind is Kind.BLOB) - directory.blob_quota // SHARDS
    for item in free:  # blobs over their share first, for they make room for the rest
        is_blob = item.kind is Kind.BLOB
        old = unused_seconds is not None and now - item.mtime >= unused_seconds and (is_blob or not blobs_only)
        if old or (is_blob and blobs_over > 0):
            goes[item.path] = item
            over -= item.size
            blobs_over -= item.size if is_blob else 0
    for item in free:
        if over > 0 and item.path not in goes:
            goes[item.path] = item
            over -= item.size
    yield from goes.values()


def _may_go(item: Found, leased: set[str]) -> bool:
    return item.kind not in (Kind.TEMPORARY, Kind.LEASE) and item.name not in leased


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file whose bytes are not what was written."""

    name: str
    kind: Kind
    size: int


def verify(directory: CacheDirectory, checked: Amount, *, dry_run: bool = False) -> Iterator[Damaged]:
    """Read everything, remove what is damaged, and yield it; `checked` is counted up. Raises `OSError`."""
    for shard in directory.shards():
        for item in list(directory.scan(shard)):
            if item.kind not in (Kind.RECORD, Kind.BLOB):
                continue
            try:
                good = _is_good(item)
            except FileNotFoundError:
                continue
            checked.add(item)
            if good:
                continue
            directory.counters.add(corrupt=1)
            if not dry_run:
                directory.remove(item.path)
            yield Damaged(item.name, item.kind, item.size)


def _is_good(item: Found) -> bool:
    if item.kind is Kind.BLOB:
        return hash_of(item.path) == f"sha256:{item.name.rpartition('.')[0]}"
    return unwrap(Path(item.path).read_bytes()) is not None
