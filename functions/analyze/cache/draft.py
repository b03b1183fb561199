"""A file of a cache directory while it is written: whole under its name, or not there."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyze.cache.directory import CacheDirectory


class Draft:
    """A file under its temporary name. It never raises: after an error it is gone, and `keep` says so."""

    def __init__(self, directory: "CacheDirectory", descriptor: int, temporary: str, path: str, size: int) -> None:
        self._directory = directory
        self._descriptor = descriptor
        self._temporary = temporary
        self._path = path
        self._size = size
        self._written = 0
        self._open = True

    def write(self, part: bytes) -> None:
        """Append; more than was announced ends the draft."""
        if not self._open:
            return
        self._written += len(part)
        if self._written > self._size:
            self.drop()
            return
        rest = memoryview(part)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            self._directory.counters.failed(error)
            self.drop()

    def keep(self) -> bool:
        """Give the file its name; False when it is not whole or could not be written."""
        if not self._open:
            return False
        if self._written != self._size:
            self.drop()
            return False
        try:
            self._close()  # where NFS tells of writes that failed
            os.replace(self._temporary, self._path)  # noqa: PTH105
        except OSError as error:
            self._directory.counters.failed(error)
            self._directory.remove(self._temporary)
            return False
        self._directory.counters.add(stored=1, bytes_written=self._size)
        return True

    def drop(self) -> None:
        """Remove the file, unless it was kept."""
        if self._open:
            with self._directory.tolerated():
                self._close()
            self._directory.remove(self._temporary)

    def _close(self) -> None:
        self._open = False
        os.close(self._descriptor)
