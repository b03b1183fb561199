"""Layers 0 to n of an image as one tree, for any n, looked up path by path."""

from __future__ import annotations  # array is subscriptable from Python 3.12 on only

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import NamedTuple

from analyze.image.directories import Implied
from analyze.image.tree import Place, Resolved, resolve
from analyze.layer.entries import Entries, EntryType

# Tables for `bytearray.translate`: entry types to selectors for `itertools.compress`.
DIRECTORIES = bytes(int(kind == EntryType.DIRECTORY) for kind in range(256))
OTHERS = bytes(int(kind != EntryType.DIRECTORY) for kind in range(256))

_FEW = 32  # hidden entries that are taken out one by one
_LINKED = 1000  # hard links to hard links followed: one record has none, an image's layers can chain them


class Order(NamedTuple):
    """Entry numbers in the order of their paths, and these."""

    entries: array[int]
    paths: list[bytes]


def _order(paths: Sequence[bytes]) -> Order:
    entries = array("I", sorted(range(len(paths)), key=paths.__getitem__))
    return Order(entries, list(map(paths.__getitem__, entries)))


@dataclass(eq=False)  # no slots: cached_property needs a dictionary
class Stratum:
    """A layer as the image takes it: `paths` are its entries', led through lower symbolic links."""

    entries: Entries
    paths: list[bytes]
    whiteouts: frozenset[bytes] = frozenset()
    opaques: frozenset[bytes] = frozenset()
    implied: Implied = field(default_factory=Implied)
    dropped: frozenset[int] = frozenset()  # entries that another one of this layer replaces

    @property
    def is_redirected(self) -> bool:
        """Tell whether lower layers have a say in the paths."""
        return self.paths is not self.entries.paths

    @cached_property
    def order(self) -> Order:
        """Entries by the bytes of paths, hidden ones too."""
        if self.is_redirected:
            return _order(self.paths)
        kept: Order | None = self.entries.derived.get("sorted")
        if kept is None:
            kept = self.entries.derived["sorted"] = _order(self.paths)
        return kept

    def sorted_paths(self, visible: bytearray) -> list[bytes]:
        """Return the paths of visible entries."""
        order = self.order
        hidden = visible.count(0)
        if not hidden:
            return order.paths
        if hidden <= _FEW:
            paths = order.paths.copy()
            entry = visible.find(0)
            while entry >= 0:
                del paths[bisect_left(paths, self.paths[entry])]
                entry = visible.find(0, entry + 1)
            return paths
        return list(compress(order.paths, map(visible.__getitem__, order.entries)))

    @cached_property
    def index(self) -> dict[bytes, int]:
        """Entry number by path."""
        index = dict(zip(self.paths, range(len(self.paths)), strict=True))
        for entry in self.dropped:
            if index.get(self.paths[entry]) == entry:
                del index[self.paths[entry]]
        return index

    def implies(self, path: bytes) -> bool:
        """Tell whether the layer has something below `path`, and so a directory there."""
        if path in self.implied.directories:
            return True
        place = bisect_left(self._deep, path + b"/")
        return place < len(self._deep) and self._deep[place].startswith(path + b"/")

    @cached_property
    def _deep(self) -> list[bytes]:
        return sorted(self.implied.deep)


class Snapshots:
    """All prefixes of a list of layers. Costs memory for an index of each layer that a look-up reaches."""

    def __init__(self, strata: Sequence[Stratum]) -> None:
        self.strata = strata
        self._content: dict[Place, Place | None] = {}

    def resolve(self, path: bytes, top: int, *, follow_last: bool = True) -> Resolved | None:
        """Return where `path` leads to when layers 0 to `top` are merged."""
        return resolve(Snapshot(self, top), path, follow_last=follow_last)

    def find(self, path: bytes, top: int) -> Place | None:
        """Return the entry at `path` itself, through no link, when layers 0 to `top` are merged."""
        found = resolve(_Literal(self, top), path)
        return found.place if found else None

    def content(self, place: Place) -> Place | None:
        """Return the entry that holds what `place` shows: itself unless it is a hard link; None when it is lost."""
        if place[1] not in self.strata[place[0]].entries.bound:
            return place
        if place not in self._content:
            self._content[place] = self._linked(place)
        return self._content[place]

    def kind(self, place: Place) -> EntryType:
        """Return the type of what `place` shows; a hard link that leads nowhere is a file."""
        holder = self.content(place) or place
        return EntryType(self.strata[holder[0]].entries.types[holder[1]])

    def link(self, place: Place) -> bytes | None:
        """Return the target of a symbolic link, None for anything else."""
        holder = self.content(place)
        if holder is None:
            return None
        entries = self.strata[holder[0]].entries
        return entries.links.get(holder[1]) if entries.types[holder[1]] == EntryType.SYMLINK else None

    def digest(self, place: Place) -> str:
        """Return the digest of the content of `place`, or ""."""
        own = self.strata[place[0]].entries.digest(place[1])
        holder = None if own else self.content(place)
        return self.strata[holder[0]].entries.digest(holder[1]) if holder else own

    def lost_links(self) -> Iterator[Place]:
        """Yield the hard links whose content is in no layer below them, hidden ones too: runtimes stop at them."""
        for layer, stratum in enumerate(self.strata):
            for entry, bound in stratum.entries.bound.items():
                if bound < 0 and self.content((layer, entry)) is None:
                    yield layer, entry

    def _linked(self, place: Place) -> Place | None:
        for _ in range(_LINKED):
            layer, entry = place
            entries = self.strata[layer].entries
            bound = entries.bound.get(entry)
            if bound is None:
                return place
            found = (layer, bound) if bound >= 0 else self._lower(layer, entry, entries.links.get(entry, b""))
            if found is None or found == place or self._is_directory(found):
                return None
            place = found
        return None

    def _is_directory(self, place: Place) -> bool:
        return self.strata[place[0]].entries.types[place[1]] == EntryType.DIRECTORY

    def _lower(self, layer: int, entry: int, target: bytes) -> Place | None:
        # In the layer itself only what came before counts: the target may be replaced after it was linked.
        for top in (layer, layer - 1):
            found = resolve(_Direct(self, top), target, follow_last=False) if top >= 0 else None
            if found and found.place and (found.place[0] < layer or found.place[1] < entry):
                return found.place
        return None


class Snapshot:
    """One prefix as a `tree.Tree`."""

    def __init__(self, snapshots: Snapshots, top: int) -> None:
        self._snapshots = snapshots
        self._top = top

    def floor(self) -> int:
        """See `tree.Tree`."""
        strata = self._snapshots.strata
        return next((layer for layer in range(self._top, 0, -1) if b"" in strata[layer].opaques), 0)

    def child(self, path: bytes, floor: int) -> tuple[Place | None, int]:
        """See `tree.Tree`."""
        found: Place | None = None
        below: int | None = None  # floor of the children, once a layer has decided it
        directory = False  # a layer above the one looked at has children here
        for layer in range(self._top, floor - 1, -1):
            stratum = self._snapshots.strata[layer]
            entry = stratum.index.get(path)
            if entry is not None:
                other = stratum.entries.types[entry] != EntryType.DIRECTORY
                if found is None and not (other and directory):
                    found = (layer, entry)
                if other:  # ends the search for children, whether it is visible or not
                    return found, layer if below is None else below
            if path in stratum.whiteouts:
                return found, layer if below is None else below
            if below is None and path in stratum.opaques:
                below = layer
            if found is not None and below is not None:
                return found, below
            directory = directory or entry is not None or stratum.implies(path)
        return found, floor if below is None else below

    def link(self, place: Place) -> bytes | None:
        """See `tree.Tree`."""
        return self._snapshots.link(place)


class _Literal(Snapshot):
    """Follows nothing."""

    def link(self, place: Place) -> bytes | None:  # noqa: ARG002 - the protocol's
        """See `tree.Tree`."""
        return None


class _Direct(Snapshot):
    """Follows symbolic links, but no hard links to those of lower layers: what these are is being asked."""

    def link(self, place: Place) -> bytes | None:
        """See `tree.Tree`."""
        entries = self._snapshots.strata[place[0]].entries
        return entries.links.get(place[1]) if entries.types[place[1]] == EntryType.SYMLINK else None
