"""An `os` that behaves as NFS does, and fails when it is told to, for the code under `analyze.cache`.

Put in the place of a module's `os`. What is simulated is what the Linux client documents (nfs(5), "DATA AND
METADATA COHERENCE", and the protocol, RFC 8881): a removed file that is open on this host stays as `.nfs…`
until it is closed; one that another host removed is stale; names that other hosts made appear late. It is
a stand-in, no EFS.
"""

import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OPERATIONS = ("open", "read", "write", "close", "fstat", "stat", "utime", "replace", "unlink", "makedirs", "scandir")


class Nfs:
    """One host's view. `fail` gives operations the errno they raise; a part `rate` of all raise one of `errors`."""

    def __init__(self, *, rate: float = 0.0, errors: tuple[int, ...] = (errno.ESTALE,), seed: int = 1) -> None:
        self.fail: dict[str, int] = {}
        self.rate = rate
        self.errors = errors
        self.unseen: set[str] = set()  # paths that exist, and that this host does not know of yet
        self.before: dict[str, Callable[[], object]] = {}  # what another host does just before an operation, once
        self._random = random.Random(seed)
        self._opened: dict[int, str] = {}
        self._stale: set[int] = set()
        self._silly: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in OPERATIONS:
            return getattr(os, name)
        operation = getattr(self, f"do_{name}", None) or getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            if action := self.before.pop(name, None):
                action()
            number = self.fail.get(name, 0)
            if not number and self.rate and self._random.random() < self.rate:
                number = self._random.choice(self.errors)
            if number and name == "close":  # Linux closes a descriptor whatever close(2) says
                self.do_close(*arguments)
            if number:
                raise OSError(number, os.strerror(number))
            return operation(*arguments, **options)

        return call

    def removed_elsewhere(self, path: Path) -> None:
        """Another host removes a file: who has it open here finds it stale."""
        path.unlink()
        self._stale |= {descriptor for descriptor, opened in self._opened.items() if opened == str(path)}

    def do_open(self, path: str, *arguments: Any) -> int:
        self._look(path)
        descriptor = os.open(path, *arguments)
        self._opened[descriptor] = path
        return descriptor

    def do_read(self, descriptor: int, size: int) -> bytes:
        if descriptor in self._stale:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return os.read(descriptor, size)

    def do_close(self, descriptor: int) -> None:
        self._opened.pop(descriptor, None)
        self._stale.discard(descriptor)
        os.close(descriptor)
        if silly := self._silly.pop(descriptor, ""):
            Path(silly).unlink(missing_ok=True)

    def do_unlink(self, path: str) -> None:
        self._look(path)
        holder = next((descriptor for descriptor, opened in self._opened.items() if opened == path), None)
        if holder is None:
            Path(path).unlink()
            return
        self._silly[holder] = f"{Path(path).parent}/.nfs{holder:024x}"
        self._opened[holder] = self._silly[holder]
        Path(path).replace(self._silly[holder])

    def do_replace(self, source: str, target: str) -> None:
        Path(source).replace(target)
        for descriptor, opened in self._opened.items():
            if opened == source:
                self._opened[descriptor] = target

    def do_stat(self, path: str) -> os.stat_result:
        self._look(path)
        return Path(path).stat()

    def do_utime(self, path: str) -> None:
        self._look(path)
        os.utime(path)

    @contextmanager
    def do_scandir(self, path: str) -> Iterator[Iterator["os.DirEntry[str]"]]:
        with os.scandir(path) as entries:
            yield (entry for entry in entries if entry.path not in self.unseen)

    def _look(self, path: str) -> None:
        if path in self.unseen:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
