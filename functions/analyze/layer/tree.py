"""The tree that one layer makes while its tar is read, without ever being on a disk.

Slots number what was written, in order; later writes replace earlier ones. A write below an in-layer
symbolic link goes where the link points; a file over a directory takes the children with it; a
directory over a directory merges. Nothing here looks at lower layers.
"""

from collections import deque
from collections.abc import Callable

from analyze.layer.entries import Entries, EntryType
from analyze.layer.names import join, parent

_LINKS = 40  # symbolic links followed for one path, as Linux does (path_resolution(7))
_STEPS = 10_000  # components looked at for one path, links included


class Unresolvable(ValueError):
    """A path with too many symbolic links."""


class Tree:
    """`index` maps a canonical path to its newest slot; columns are those of `entries`, by slot."""

    def __init__(self, entries: Entries, report: Callable[[bytes, str], None]) -> None:
        self.index: dict[bytes, int] = {}
        self._entries = entries
        self._report = report
        self._resolved: dict[bytes, bytes] = {b"": b""}  # directory as written → where it is
        self._used: set[bytes] = set()  # canonical directories that something was written below
        self._cached = 0  # bytes of names in `_resolved`
        self._kept = 0  # bytes of names in `_used`
        self._cuts: dict[bytes, int] = {}  # a path that stopped being a directory → slots from here on are newer

    @property
    def held(self) -> int:
        """Bytes of the names of directories: a deep path makes one of every prefix."""
        return self._cached + self._kept

    def place(self, path: bytes) -> bytes:
        """Return where a clean path lands. Raises `Unresolvable`."""
        cut = path.rfind(b"/")
        if cut < 0:
            return path
        directory = path[:cut]
        real = self._resolved.get(directory)
        if real is None:
            real = self._resolve(directory)
        if real == directory:
            return path
        return join(real, path[cut + 1 :])

    def find(self, path: bytes) -> int | None:
        """Return the slot that a canonical path has now."""
        slot = self.index.get(path)
        if slot is not None and self._cuts and self._is_cut(path, slot):
            return None
        return slot

    def write(self, path: bytes, slot: int, kind: int) -> None:
        """Put a slot of type `kind` at a canonical path."""
        before = self.index.get(path)
        if before is not None and (replaced := self._entries.types[before]) != EntryType.DIRECTORY:
            if replaced == EntryType.SYMLINK:
                self._forget()  # paths through it lead elsewhere now
            if kind == EntryType.DIRECTORY:
                self._report(path, "a directory over a file or link of its own layer; lower layers' files in it stay")
        if kind != EntryType.DIRECTORY and path in self._used:
            self._cuts[path] = slot
            self._used.discard(path)
            self._kept -= len(path)
            self._forget()
        self.index[path] = slot

    def live(self, slots: int) -> list[tuple[bytes, int]] | None:
        """Return the paths and slots that are left, in the order of slots; None when all of `slots` are."""
        if len(self.index) == slots and not self._cuts:
            return None
        left = [item for item in self.index.items() if not (self._cuts and self._is_cut(*item))]
        left.sort(key=lambda item: item[1])
        return left

    def _forget(self) -> None:
        self._resolved = {b"": b""}
        self._cached = 0

    def _is_cut(self, path: bytes, slot: int) -> bool:
        cuts = self._cuts
        end = path.rfind(b"/")
        while end > 0:
            if cuts.get(path[:end], -1) > slot:
                return True
            end = path.rfind(b"/", 0, end)
        return False

    def _resolve(self, directory: bytes) -> bytes:
        """Follow the links of a directory as written, remembering every step."""
        known = directory
        while (current := self._resolved.get(known)) is None:
            known = parent(known)
        rest = directory[len(known) :].lstrip(b"/").split(b"/")
        for part in rest:
            known = join(known, part)
            self._cached += len(known)
            current = self._resolved[known] = self._enter(join(current, part))
        return current

    def _enter(self, path: bytes) -> bytes:
        """Return the canonical directory that `path`, whose parent is canonical, leads to."""
        todo: deque[bytes] = deque()
        links = steps = 0
        while True:
            slot = self.find(path)
            kind = EntryType.DIRECTORY if slot is None else self._entries.types[slot]
            if slot is not None and kind == EntryType.SYMLINK:
                target = self._entries.links[slot]
                links += 1
                steps += target.count(b"/")
                if links > _LINKS or steps > _STEPS:
                    raise Unresolvable(path)
                todo.extendleft(reversed(target.split(b"/")))
                path = b"" if target.startswith(b"/") else parent(path)
            else:
                if slot is not None and kind != EntryType.DIRECTORY:
                    self._report(path, "a file that later entries treat as a directory; it is taken as one")
                    del self.index[path]
                if path not in self._used:
                    self._used.add(path)
                    self._kept += len(path)
            path, more = self._descend(path, todo)
            if not more:
                return path

    def _descend(self, path: bytes, todo: deque[bytes]) -> tuple[bytes, bool]:
        """Take the next component to look at; False when none is left."""
        while todo:
            part = todo.popleft()
            if part == b"..":
                path = parent(path)
            elif part not in (b"", b"."):
                return join(path, part), True
        return path, False
