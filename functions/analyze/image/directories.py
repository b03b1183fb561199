"""Sets of directories: those that only their children imply, and subtrees."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

_CLOSED_DEPTH = 32  # listing every ancestor of a path of 4,096 components takes its length squared
_FEW = 16  # prefixes that one `startswith` tries faster than a search does


@dataclass(slots=True)
class Implied:
    """Directories above some paths that are not among them, without the root.

    `directories` holds every ancestor, except those of the members of `deep`, which have too many to
    list; they stand for all of theirs.
    """

    directories: set[bytes] = field(default_factory=set)
    deep: list[bytes] = field(default_factory=list)


def parent(path: bytes) -> bytes:
    """Return the directory of a path; the root's is the root, `b""`."""
    return path.rpartition(b"/")[0]


def implied(paths: Iterable[bytes], explicit: Collection[bytes]) -> Implied:
    """Return the directories that `paths` need and that are not in `explicit`."""
    parents = {path.rpartition(b"/")[0] for path in paths}
    found = parents.difference(explicit)
    found.discard(b"")
    deep = []
    above: set[bytes] = set()
    for directory in found:
        if directory.count(b"/") >= _CLOSED_DEPTH:
            deep.append(directory)
            continue
        ancestor = parent(directory)
        while ancestor and ancestor not in parents and ancestor not in above:
            above.add(ancestor)
            ancestor = parent(ancestor)
    above.difference_update(explicit)
    return Implied(found | above, deep)


class Subtrees:
    """What lies below any of some directories; a root of one is not below itself."""

    def __init__(self, roots: Iterable[bytes]) -> None:
        # With "/" as the lowest byte a directory comes right before all that is below it, so once the
        # nested roots are gone only the nearest root before a path can be above it.
        self._roots: list[bytes] = []
        self._keys: list[bytes] = []
        self._everything = False
        for key, root in sorted((_key(root), root) for root in roots):
            if not root:
                self._everything = True
            elif not self._keys or not key.startswith(self._keys[-1]):
                self._keys.append(key)
                self._roots.append(root)

    def root(self, path: bytes) -> bytes | None:
        """Return the outermost root that is a proper ancestor of `path`."""
        if self._everything:
            return b"" if path else None
        if not self._keys:
            return None
        key = _key(path)
        place = bisect_right(self._keys, key) - 1
        if place >= 0 and key != self._keys[place] and key.startswith(self._keys[place]):
            return self._roots[place]
        return None

    def flags(self, paths: Sequence[bytes]) -> bytearray:
        """Return 1 for each path below a root and 0 for the others."""
        if not self._everything and len(self._roots) <= _FEW:
            prefixes = tuple(root + b"/" for root in self._roots)
            return bytearray([path.startswith(prefixes) for path in paths])
        return bytearray([self.root(path) is not None for path in paths])


def _key(path: bytes) -> bytes:
    return path.replace(b"/", b"\0") + b"\0"
