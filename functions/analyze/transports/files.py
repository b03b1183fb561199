"""Files by name, whether they lie in a folder or in a tar file."""

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from cargohold.errors import ImageNotFound, ImageTooLarge, InvalidImage

PART = 1 << 20  # bytes; each costs a turn with the interpreter lock, for which walks are waiting


class Files(ABC):
    """Where a layout or an archive keeps its parts. Names are relative, with `/`. Safe for threads."""

    @abstractmethod
    def size(self, name: str) -> int | None:
        """Return the size in bytes, or None when there is no such file."""

    @abstractmethod
    def read(self, name: str, limit: int) -> bytes:
        """Return a whole file of at most `limit` bytes; raises `ImageTooLarge`, `InvalidImage` when missing."""

    @abstractmethod
    def open(self, name: str) -> AbstractContextManager[Iterator[bytes]]:
        """Open a file as parts of at most 1 MiB; raises `InvalidImage` when missing."""


class Folder(Files):
    """A folder of the file system."""

    def __init__(self, path: str) -> None:
        self._root = Path(path)
        if not self._root.is_dir():
            raise ImageNotFound(reference=f"The folder {path}")

    def size(self, name: str) -> int | None:
        try:
            status = (self._root / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def read(self, name: str, limit: int) -> bytes:
        content = bytearray()
        with self.open(name) as parts:
            for part in parts:
                content += part
                if len(content) > limit:
                    raise ImageTooLarge(what=f"{name} in {self._root.name}", limit=limit, actual=f"more than {limit}")
        return bytes(content)

    @contextmanager
    def open(self, name: str) -> Iterator[Iterator[bytes]]:
        with self._opened(name) as raw:
            yield iter(lambda: raw.read(PART), b"")

    def _opened(self, name: str) -> BinaryIO:
        if self.size(name) is None:
            raise InvalidImage(what=self._root.name, reason=f"it has no {name[:200]}.")
        return open_regular(self._root / name)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file, never waiting for a pipe; raises `ImageNotFound`, `InvalidImage`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ImageNotFound(reference=f"The file {path}") from None
    except OSError as error:
        raise InvalidImage(what=path.name, reason=f"it cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidImage(what=path.name, reason="it is not a regular file.")
    return os.fdopen(descriptor, "rb", buffering=0)
