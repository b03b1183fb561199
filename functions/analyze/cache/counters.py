"""How the cache was used: counted by its threads, reported as metrics."""

import errno
from dataclasses import dataclass, field
from threading import Lock
from typing import Any


@dataclass
class Counters:
    """Counts since the cache was opened. `add` is safe for threads."""

    hits: int = 0
    misses: int = 0
    stored: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    evictions: int = 0
    bytes_evicted: int = 0
    corrupt: int = 0
    too_large: int = 0  # more than a shard may hold, or than the room that what is in use leaves
    errors: dict[str, int] = field(default_factory=dict)  # by errno's name (ESTALE, ENOSPC)
    _lock: Any = field(default_factory=Lock, repr=False, compare=False)

    def add(self, **counts: int) -> None:
        """Add to the counts of these names."""
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def failed(self, error: OSError) -> None:
        """Count an error of the file system."""
        name = errno.errorcode.get(error.errno, str(error.errno)) if error.errno else type(error).__name__
        with self._lock:
            self.errors[name] = self.errors.get(name, 0) + 1

    def snapshot(self) -> dict[str, int]:
        """Return all counts by name, errors as their sum."""
        with self._lock:
            fields = {name: value for name, value in vars(self).items() if isinstance(value, int)}
            return fields | {"errors": sum(self.errors.values())}
