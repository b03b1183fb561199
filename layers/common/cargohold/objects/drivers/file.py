"""Objects as files below a directory; each ends with a trailer (`objects/trailer.py`).

The file of a key `a/b` is `a/b~`: the tilde is in no key, so that `a` and `a/b` can both be keys.
Works on local file systems and on NFS: nothing relies on locks.
"""

import errno
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

from cargohold.errors import ObjectCorrupt, ObjectExists, ObjectNotFound, StoreUnavailable
from cargohold.objects.store import CHUNK, ObjectInfo, ObjectReader, ObjectStore, checked_key
from cargohold.objects.streams import Hashed, VerifiedReader
from cargohold.objects.trailer import SIZE, Trailer, decode

_SUFFIX = "~"
_INCOMING = "~incoming"
_ATTEMPTS = 10  # a directory that a delete found empty may go while a put is about to use it


class FileStore(ObjectStore):
    """See `ObjectStore`. `root` is made when it is missing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.name = f"file://{root}"
        with self._translated(""):
            (root / _INCOMING).mkdir(parents=True, exist_ok=True)

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        target = self._path(key)
        if if_absent and target.exists():
            raise ObjectExists(key=self.at(key))
        hashed = Hashed(content)
        with self._translated(key):
            descriptor, name = tempfile.mkstemp(dir=self._root / _INCOMING)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                # An OSError of the content is its own, not the store's.
                for part in hashed:
                    self._write(key, file, part)
                self._write(key, file, Trailer(hashed.size, hashed.sha256).encode())
                with self._translated(key):
                    os.fsync(file.fileno())
            with self._translated(key):
                self._place(Path(name), target, key, if_absent=if_absent)
        finally:
            with suppress(OSError):  # moved to its place, or swept later
                Path(name).unlink()
        return hashed.info(key)

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        with self._opened(key) as file:
            info = self._info(key, file)
            yield VerifiedReader(info, self._parts(key, file, info.size), self.name)

    def head(self, key: str) -> ObjectInfo:
        with self._opened(key) as file:
            return self._info(key, file)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._translated(key):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            with suppress(FileNotFoundError):  # gone already, with the object that was next to this one
                _sync(path.parent)
            for directory in path.parents:
                if directory == self._root:
                    break
                try:
                    directory.rmdir()
                except OSError:
                    break

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self._translated(prefix):
            for key in self._keys(self._root, "", prefix):
                try:
                    info = self.head(key)
                except ObjectNotFound:
                    continue
                except ObjectCorrupt:  # for whoever reads it to find: a listing goes on
                    info = ObjectInfo(key, self._path(key).stat().st_size, "")
                yield info

    def tail(self, key: str, size: int) -> bytes:
        with self._opened(key) as file:
            info = self._info(key, file)
            with self._translated(key):
                file.seek(max(0, info.size - size))
                return file.read(min(size, info.size))

    def sweep(self, older_than: timedelta) -> int:
        swept = 0
        with self._translated(""):
            for path in (self._root / _INCOMING).iterdir():
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < time.time() - older_than.total_seconds():
                        path.unlink()
                        swept += 1
        return swept

    def _path(self, key: str) -> Path:
        return self._root / f"{checked_key(key)}{_SUFFIX}"

    def _place(self, temporary: Path, target: Path, key: str, *, if_absent: bool) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            made = [directory for directory in target.parents if not directory.exists()]
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, FileNotFoundError):
                if attempt == _ATTEMPTS:
                    raise
                continue
            try:
                if if_absent:
                    os.link(temporary, target)
                else:
                    temporary.replace(target)
            except FileExistsError:
                raise ObjectExists(key=self.at(key)) from None
            except FileNotFoundError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                for directory in {target.parent, *(directory.parent for directory in made)}:
                    with suppress(FileNotFoundError):  # deleted already, with all that was in it
                        _sync(directory)
                return

    def _write(self, key: str, file: RawIOBase, part: bytes) -> None:
        view = memoryview(part)
        with self._translated(key):
            while view:
                view = view[file.write(view) or 0 :]

    @contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO]:
        path = self._path(key)
        with self._translated(key):
            try:
                file = path.open("rb")
            except (FileNotFoundError, NotADirectoryError):
                raise ObjectNotFound(key=self.at(key)) from None
        with file:
            yield file

    def _info(self, key: str, file: BinaryIO) -> ObjectInfo:
        with self._translated(key):
            size = os.fstat(file.fileno()).st_size - SIZE
            file.seek(max(0, size))
            trailer = decode(file.read(SIZE))
            file.seek(0)
        if trailer is None:
            raise ObjectCorrupt(key=self.at(key), expected="a trailer at the end", actual="none")
        if trailer.size != size:
            raise ObjectCorrupt(key=self.at(key), expected=f"{trailer.size} bytes", actual=f"{size} bytes")
        return ObjectInfo(key, size, trailer.sha256)

    def _parts(self, key: str, file: BinaryIO, size: int) -> Iterator[bytes]:
        while size:
            with self._translated(key):
                part = file.read(min(CHUNK, size))
            if not part:
                return
            size -= len(part)
            yield part

    def _keys(self, directory: Path, base: str, prefix: str) -> Iterator[str]:
        names = []
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.name.endswith(_SUFFIX):
                        names.append(f"{base}{entry.name[: -len(_SUFFIX)]}")
                    elif entry.name != _INCOMING:
                        names.append(f"{base}{entry.name}/")
        except FileNotFoundError:
            return
        for name in sorted(names):
            if name.endswith("/"):
                if name.startswith(prefix) or prefix.startswith(name):
                    yield from self._keys(directory / name[len(base) : -1], name, prefix)
            elif name.startswith(prefix):
                yield name

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = errno.errorcode.get(error.errno or 0, "") + f" {error.strerror}"
            raise StoreUnavailable(store=self.name, reason=f"{reason.strip()} for {key}") from error


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
