"""Space for evidence in flight: a budget of memory shared by the layers, then files under a directory.

One `Scratch` belongs to one invocation: `<root>/<request id>`, removed when it is left. What a killed
invocation left behind is swept when the next one starts, unless its process still runs.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Self

from cargohold.errors import ScratchExhausted

_OWNER = ".owner"  # holds the process id that uses the directory
_UNOWNED_GRACE = 3600.0  # seconds after which a directory without a readable owner is a leftover
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class Scratch:
    """Context manager. `budget` bytes of files, `memory` bytes of buffers; safe for many threads.

    Counts for metrics: `files`, `bytes_written`, and the high-water marks `peak_bytes` and
    `peak_memory`.
    """

    def __init__(self, root: str | Path, request_id: str, *, budget: int, memory: int) -> None:
        self.directory = Path(root) / (_UNSAFE.sub("_", request_id) or "_")
        self.budget = budget
        self.memory = memory
        self.files = 0
        self.bytes_written = 0
        self.peak_bytes = 0
        self.peak_memory = 0
        self._bytes = 0
        self._reserved = 0
        self._lock = Lock()
        self._ready = False

    def __enter__(self) -> Self:
        sweep(self.directory.parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    def reserve(self, size: int) -> bool:
        """Take `size` bytes of the memory budget; False when they are not free: use a file then."""
        with self._lock:
            if self._reserved + size > self.memory:
                return False
            self._reserved += size
            self.peak_memory = max(self.peak_memory, self._reserved)
            return True

    def release(self, size: int) -> None:
        """Give back what `reserve` took."""
        with self._lock:
            self._reserved -= size

    @contextlib.contextmanager
    def writer(self, size: int) -> Iterator[tuple[Path, BinaryIO]]:
        """Open a new file for `size` bytes, taken from the budget until `discard` is called for it.

        Raises `ScratchExhausted` when the budget or the disk has no room; the file is then gone.
        """
        self._take(size)
        path: Path | None = None
        try:
            self._prepare()
            handle, name = tempfile.mkstemp(dir=self.directory)
            path = Path(name)
            with os.fdopen(handle, "wb") as stream:
                yield path, stream
        except OSError as error:
            self._drop(path, size)
            raise ScratchExhausted(budget=self.budget) from error
        except BaseException:
            self._drop(path, size)
            raise
        with self._lock:
            self.files += 1
            self.bytes_written += size

    def discard(self, path: Path, size: int) -> None:
        """Remove a file made by `writer` and give its `size` back."""
        self._drop(path, size)

    def _take(self, size: int) -> None:
        with self._lock:
            if self._bytes + size > self.budget:
                raise ScratchExhausted(budget=self.budget)
            self._bytes += size
            self.peak_bytes = max(self.peak_bytes, self._bytes)

    def _drop(self, path: Path | None, size: int) -> None:
        if path is not None:
            path.unlink(missing_ok=True)
        with self._lock:
            self._bytes -= size

    def _prepare(self) -> None:
        with self._lock:
            if not self._ready:
                self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                (self.directory / _OWNER).write_text(f"{os.getpid()} {_started(os.getpid())}")
                self._ready = True


def sweep(root: Path) -> int:
    """Remove what killed invocations left under `root`; return how many directories went.

    A directory is a leftover when the process named in it runs no more (another may have its id), or
    when it names none and is older than an hour.
    """
    swept = 0
    try:
        candidates = list(root.iterdir())
    except OSError:
        return 0
    for candidate in candidates:
        if candidate.is_dir() and not candidate.is_symlink() and not _in_use(candidate):
            shutil.rmtree(candidate, ignore_errors=True)
            swept += 1
    return swept


def _in_use(directory: Path) -> bool:
    try:
        owner, _, started = (directory / _OWNER).read_text().partition(" ")
        os.kill(int(owner), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            return time.time() - directory.stat().st_mtime < _UNOWNED_GRACE
        return False
    # A restarted runtime often gets the process id that the killed one had.
    return started == _started(int(owner))


def _started(process: int) -> str:
    """Return when a process started, in ticks since boot (proc(5), `stat` field 22); "" where that is not told."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
