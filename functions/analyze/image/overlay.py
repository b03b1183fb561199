"""The merge of an image's layers. For its rules see `visibility`."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress

from analyze.image.ambiguities import Ambiguities
from analyze.image.redirects import strata
from analyze.image.snapshots import Snapshots, Stratum
from analyze.image.tree import Place, Resolved, resolve
from analyze.image.visibility import FLIP, visibility
from analyze.layer.record import LayerRecord
from cargohold.model import Unknown

_ENTRY_BITS = 32  # a place in one integer is half the memory of a pair
_ENTRY = (1 << _ENTRY_BITS) - 1
_STEPS = frozenset((b"", b".", b".."))  # names that are no entries
_RECURSION = 100  # directories above each other that are looked up one by one
_DANGLING = "a hard link to a file that no layer has"


class Merged:
    """The merged image. `visible[layer][entry]` is 1 or 0, `unknowns` are the ambiguities.

    `strata[layer].paths` are the paths to use: `Entries.paths` as led through lower symbolic links.
    """

    def __init__(self, layers: Sequence[Stratum], visible: list[bytearray], unknowns: list[Unknown]) -> None:
        self.strata = layers
        self.visible = visible
        self.unknowns = unknowns
        self.snapshots = Snapshots(layers)
        self._directories: dict[bytes, bytes | None] = {}  # as asked for → real

    @cached_property
    def _index(self) -> dict[bytes, int]:
        index: dict[bytes, int] = {}
        for layer, (stratum, visible) in enumerate(zip(self.strata, self.visible, strict=True)):
            if stratum.is_redirected:
                first = layer << _ENTRY_BITS
                places = range(first, first + len(visible))
                index.update(zip(compress(stratum.paths, visible), compress(places, visible), strict=True))
                continue
            known = _places(stratum, layer)
            if index:
                index.update(known)
            else:
                index = known.copy()
            if 0 in visible:
                # A path is once in its layer, and hidden in all that are below it.
                for path in compress(stratum.paths, visible.translate(FLIP)):
                    del index[path]
        return index

    @cached_property
    def paths(self) -> list[bytes]:
        """Every visible path that has an entry, sorted by bytes."""
        paths: list[bytes] = []
        for stratum, visible in zip(self.strata, self.visible, strict=True):
            paths += stratum.sorted_paths(visible)
        paths.sort()  # a merge of sorted runs
        return paths

    def entries(self) -> Iterator[tuple[bytes, Place]]:
        """Yield every visible path with its entry, sorted by the bytes of paths."""
        for path, place in zip(self.paths, map(self._index.__getitem__, self.paths), strict=True):
            yield path, (place >> _ENTRY_BITS, place & _ENTRY)

    def places(self, paths: Iterable[bytes]) -> tuple[list[int], list[int]]:
        """Return the layers and the entries of visible paths."""
        places = list(map(self._index.__getitem__, paths))
        return [place >> _ENTRY_BITS for place in places], [place & _ENTRY for place in places]

    def find(self, path: bytes) -> Place | None:
        """Return the visible entry at `path` itself, through no link; the first call builds the index."""
        place = self._index.get(path)
        return None if place is None else (place >> _ENTRY_BITS, place & _ENTRY)

    def is_plain(self, path: bytes) -> bool:
        """Tell whether the visible entry at `path` is no link, so that the path leads to itself, as almost all do."""
        place = self._index.get(path)
        return place is not None and (place & _ENTRY) not in self.strata[place >> _ENTRY_BITS].entries.links

    def path(self, place: Place) -> bytes:
        """Return the path of an entry."""
        return self.strata[place[0]].paths[place[1]]

    def is_visible(self, place: Place) -> bool:
        """Tell whether an entry is visible."""
        return bool(self.visible[place[0]][place[1]])

    def has_below(self, directory: bytes) -> bool:
        """Tell whether something visible is below `directory`."""
        if not directory:
            return bool(self.paths)
        if self._implied is not None and directory not in self._implied and directory not in self._index:
            return False
        place = bisect_left(self.paths, directory + b"/")
        return place < len(self.paths) and self.paths[place].startswith(directory + b"/")

    @cached_property
    def _implied(self) -> set[bytes] | None:
        """Directories of which no layer has an entry though it has something below; None where these are too deep.

        Others that something visible is below are visible themselves.
        """
        if any(stratum.implied.deep for stratum in self.strata):
            return None
        return set().union(*(stratum.implied.directories for stratum in self.strata))

    def children(self, directory: bytes) -> list[bytes]:
        """Return the sorted base names in `directory`, with those that only their own children imply."""
        paths = self.paths
        prefix = directory + b"/" if directory else b""
        start = len(prefix)
        names: set[bytes] = set()
        place = bisect_left(paths, prefix)
        # "0" is the byte after "/": what is past everything below a directory.
        end = bisect_left(paths, directory + b"0", place) if directory else len(paths)
        while place < end:
            path = paths[place]
            slash = path.find(b"/", start)
            if slash < 0:
                names.add(path[start:])
                place += 1
            else:
                names.add(path[start:slash])
                place = bisect_left(paths, path[:slash] + b"0", place + 1, end)
        names.discard(b"")  # the root itself
        return sorted(names)

    def resolve(self, path: bytes, *, follow_last: bool = True) -> Resolved | None:
        """Return where `path` leads to; None when it passes too many links."""
        place = self.find(path)
        if place is None:
            directory, _, name = path.rpartition(b"/")
            if name in _STEPS:
                return resolve(self, path, follow_last=follow_last)
            if self.is_plain(directory):
                return Resolved(path, None)
            real = self._real(directory) if directory else b""
            if real is None:
                return None
            if real == directory:
                return Resolved(path, None)
            path = real + b"/" + name if real else name
            place = self.find(path)
        if place is None or not follow_last or (target := self.link(place)) is None:
            return Resolved(path, place)
        there = self.straight(path, target)
        return resolve(self, path) if there is None else Resolved(there, self.find(there))

    def straight(self, path: bytes, target: bytes) -> bytes | None:
        """Follow the link at a real path to a real path that is no link; None when it is not that simple."""
        directory = path.rpartition(b"/")[0]
        if target.startswith(b"/"):
            directory, target = b"", target[1:]
        while target.startswith(b"../"):
            directory, target = directory.rpartition(b"/")[0], target[3:]
        there = directory + b"/" + target if directory else target
        # The index has real paths alone, so one that it has is walked to through no other link.
        return there if self.is_plain(there) else None

    def _real(self, directory: bytes) -> bytes | None:
        """Return the real path of a directory; most are asked for many times, and each is below another."""
        if directory not in self._directories:
            deep = directory.count(b"/") > _RECURSION
            found = resolve(self, directory) if deep else self.resolve(directory)
            self._directories[directory] = None if found is None else found.path
        return self._directories[directory]

    # The merged image as a `tree.Tree`: the index has only paths that no link leads away from.

    def floor(self) -> int:
        """See `tree.Tree`."""
        return 0

    def child(self, path: bytes, floor: int) -> tuple[Place | None, int]:
        """See `tree.Tree`."""
        return self.find(path), floor

    def link(self, place: Place) -> bytes | None:
        """See `tree.Tree`."""
        if place[1] not in self.strata[place[0]].entries.links:
            return None  # neither a symbolic nor a hard link, as almost all
        return self.snapshots.link(place)


def _places(stratum: Stratum, layer: int) -> dict[bytes, int]:
    """Return the places of a layer's entries by their paths; kept with the record, which is most often at one depth."""
    kept: tuple[int, dict[bytes, int]] | None = stratum.entries.derived.get("places")
    if kept is None or kept[0] != layer:
        first = layer << _ENTRY_BITS
        places = dict(zip(stratum.paths, range(first, first + len(stratum.paths)), strict=True))
        kept = stratum.entries.derived["places"] = (layer, places)
    return kept[1]


def merge(records: Sequence[LayerRecord]) -> Merged:
    """Merge layer records, base first."""
    ambiguities = Ambiguities()
    layers = strata([record.entries for record in records], ambiguities)
    visible = visibility(layers, ambiguities)
    merged = Merged(layers, visible, [])
    for place in merged.snapshots.lost_links():
        ambiguities.add(place[0], merged.path(place), _DANGLING)
    merged.unknowns = ambiguities.unknowns()
    return merged
