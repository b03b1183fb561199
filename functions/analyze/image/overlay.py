"""The merge of an image's layers: which entry of which layer is visible.

Rules: OCI image-spec, layer.md, "Applying Changesets" and "Whiteouts". An entry of a layer is hidden
by a higher layer that has
- an entry at its path (of two directories the higher gives the metadata, the children merge),
- a whiteout of it or of a directory above it,
- an opaque marker in a directory above it,
- something that is not a directory at a path above it,
- something below it, when it is not a directory itself.
Hidden entries hide in their turn. Whiteouts act on lower layers only. Where runtimes disagree the
specification decides, then umoci, and an unknown says so.

Set algebra over whole layers; single paths are looked at only where layers meet.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress

from analyze.image.ambiguities import Ambiguities
from analyze.image.directories import Subtrees
from analyze.image.redirects import strata
from analyze.image.snapshots import DIRECTORIES, OTHERS, Snapshots, Stratum
from analyze.image.tree import Place, Resolved, resolve
from analyze.layer.record import LayerRecord
from cargohold.model import Unknown

_FLIP = bytes([1, 0]) + bytes(254)
_ENTRY_BITS = 32  # a place in one integer is half the memory of a pair
_ENTRY = (1 << _ENTRY_BITS) - 1
_STEPS = frozenset((b"", b".", b".."))  # names that are no entries
_RECURSION = 100  # directories above each other that are looked up one by one
_LONG = 1024  # bytes of a path that is not worth a walk from the root before it is told of

_REPLACED = "written below a file of a lower layer, which some runtimes refuse"
_AFTER = "the layer writes below this directory before the entry that replaces what a lower layer has here"
_RECREATED = "the layer removes this directory and makes it again: some runtimes keep its lower content"
_ROOT = "an opaque marker in the root directory, which some runtimes ignore"
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
            first = layer << _ENTRY_BITS
            places = range(first, first + len(visible))
            index.update(zip(compress(stratum.paths, visible), compress(places, visible), strict=True))
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
        place = bisect_left(self.paths, directory + b"/")
        return place < len(self.paths) and self.paths[place].startswith(directory + b"/")

    def children(self, directory: bytes) -> list[bytes]:
        """Return the sorted base names in `directory`, with those that only their own children imply."""
        paths = self.paths
        prefix = directory + b"/" if directory else b""
        names: set[bytes] = set()
        place = bisect_left(paths, prefix)
        while place < len(paths) and paths[place].startswith(prefix):
            name, slash, _ = paths[place][len(prefix) :].partition(b"/")
            if name:
                names.add(name)
            # "0" is the byte after "/": past everything below this child.
            place = bisect_left(paths, prefix + name + b"0", place) if slash else place + 1
        return sorted(names)

    def resolve(self, path: bytes, *, follow_last: bool = True) -> Resolved | None:
        """Return where `path` leads to; None when it passes too many links."""
        place = self.find(path)
        if place is None:
            directory, _, name = path.rpartition(b"/")
            if name in _STEPS:
                return resolve(self, path, follow_last=follow_last)
            real = self._real(directory) if directory else b""
            if real is None:
                return None
            if real == directory:
                return Resolved(path, None)
            path = real + b"/" + name if real else name
            place = self.find(path)
        if place is None or not follow_last or (target := self.link(place)) is None:
            return Resolved(path, place)
        return self._one_step(path, target) or resolve(self, path)

    def _one_step(self, path: bytes, target: bytes) -> Resolved | None:
        """Follow the link at a real path to a real path that is no link; None when it is not that simple."""
        directory = path.rpartition(b"/")[0]
        if target.startswith(b"/"):
            directory, target = b"", target[1:]
        while target.startswith(b"../"):
            directory, target = directory.rpartition(b"/")[0], target[3:]
        there = directory + b"/" + target if directory else target
        # The index has real paths alone, so one that it has is walked to through no other link.
        return Resolved(there, self.find(there)) if self.is_plain(there) else None

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


def merge(records: Sequence[LayerRecord]) -> Merged:
    """Merge layer records, base first."""
    ambiguities = Ambiguities()
    layers = strata([record.entries for record in records], ambiguities)
    visible = _visibility(layers, ambiguities)
    merged = Merged(layers, visible, [])
    for place in merged.snapshots.lost_links():
        ambiguities.add(place[0], merged.path(place), _DANGLING)
    merged.unknowns = ambiguities.unknowns()
    return merged


def _visibility(layers: Sequence[Stratum], ambiguities: Ambiguities) -> list[bytearray]:
    above = _Above(Snapshots(layers), ambiguities)
    visible: list[bytearray] = []
    for layer in range(len(layers) - 1, -1, -1):
        stratum = layers[layer]
        hidden = above.hides(layer, stratum)
        for entry in stratum.dropped:
            hidden[entry] = 1
        visible.append(hidden.translate(_FLIP))
        if layer:
            above.add(layer, stratum)
    visible.reverse()
    return visible


class _Above:
    """What the layers above the one looked at do to it."""

    def __init__(self, snapshots: Snapshots, ambiguities: Ambiguities) -> None:
        self._snapshots = snapshots
        self._ambiguities = ambiguities
        self._covered: set[bytes] = set()  # paths that are hidden
        self._blocked: set[bytes] = set()  # paths below which everything is hidden
        self._implied: dict[bytes, int] = {}  # directories without an entry, and the layer that has them
        self._deep: list[tuple[bytes, int]] = []  # as `Implied.deep`
        self._directories: dict[bytes, int] = {}  # with an entry, and the lowest layer above that has it
        self._recreated: dict[bytes, int] = {}
        self._root = 0  # layer with an opaque marker in the root directory

    def add(self, layer: int, stratum: Stratum) -> None:
        """Take in a layer, from the top down."""
        paths, types = stratum.paths, stratum.entries.types
        if stratum.dropped:
            # What gave way within its layer does nothing to others.
            stays = [entry not in stratum.dropped for entry in range(len(paths))]
            paths, types = list(compress(paths, stays)), bytearray(compress(types, stays))
        self._covered.update(paths, stratum.whiteouts)
        self._blocked.update(compress(paths, types.translate(OTHERS)))
        self._blocked.update(stratum.whiteouts, stratum.opaques)
        self._blocked.discard(b"")
        directories = list(compress(paths, types.translate(DIRECTORIES)))
        self._directories.update(dict.fromkeys(directories, layer))
        self._implied.update(dict.fromkeys(stratum.implied.directories, layer))
        self._deep.extend((path, layer) for path in stratum.implied.deep)
        if stratum.whiteouts:
            again = stratum.whiteouts.intersection(directories)
            again |= stratum.whiteouts & stratum.implied.directories
            self._recreated.update(dict.fromkeys(again, layer))
        if b"" in stratum.opaques:
            self._root = self._root or layer

    def hides(self, layer: int, stratum: Stratum) -> bytearray:
        """Return 1 for each hidden entry of a layer and 0 for the others."""
        paths = stratum.paths
        if self._root:
            if any(path for path in paths):
                self._ambiguities.add(self._root, b"", _ROOT)
            # The marker hides what is in the directory, not the directory.
            return bytearray([bool(path) or path in self._covered for path in paths])
        if not (self._covered or self._blocked):
            return bytearray(len(paths))
        hidden = bytearray(map(self._covered.__contains__, paths))
        self._tell_order(layer, stratum, hidden)
        roots = self._roots(stratum)
        if roots:
            below = Subtrees(roots).flags(paths)
            hidden = bytearray(map(int.__or__, hidden, below))
            for path in roots & self._recreated.keys():
                self._ambiguities.add(self._recreated[path], path, _RECREATED)
        self._hide_replaced(layer, stratum, hidden)
        return hidden

    def _tell_order(self, layer: int, stratum: Stratum, hidden: bytearray) -> None:
        """Record directories that replace a file or link only after something was written below them."""
        others = stratum.entries.types.translate(OTHERS)
        gone = compress(compress(stratum.paths, hidden), compress(others, hidden))
        replaced: dict[int, list[bytes]] = {}
        for path in self._directories.keys() & set(gone):
            upper = self._directories[path]
            if len(path) > _LONG or self._snapshots.find(path, upper - 1) == (layer, stratum.index.get(path)):
                replaced.setdefault(upper, []).append(path)
        for upper, roots in replaced.items():
            above = self._snapshots.strata[upper]
            below = Subtrees(roots)
            early = {
                root
                for entry, path in enumerate(above.paths)
                if (root := below.root(path)) and entry < above.index.get(root, 0)
            }
            for path in early:
                self._ambiguities.add(upper, path, _AFTER)

    def _roots(self, stratum: Stratum) -> set[bytes]:
        """Return the directories of a layer that lose what is below them."""
        directories = compress(stratum.paths, stratum.entries.types.translate(DIRECTORIES))
        roots = self._blocked.intersection(directories) | (self._blocked & stratum.implied.directories)
        if stratum.implied.deep:
            roots.update(filter(None, map(Subtrees(self._blocked).root, stratum.implied.deep)))
        return roots

    def _hide_replaced(self, layer: int, stratum: Stratum, hidden: bytearray) -> None:
        """Hide what is not a directory where a higher layer implies one."""
        if not self._implied:
            return
        others = stratum.entries.types.translate(OTHERS)
        replaced = set(self._implied).intersection(compress(stratum.paths, others))
        found = {path: self._implied[path] for path in replaced}
        if self._deep:
            below = Subtrees(compress(stratum.paths, others))
            for path, upper in self._deep:
                root = below.root(path)
                if root:
                    found[root] = min(upper, found.get(root, upper))
        if not found:
            return
        for entry, path in enumerate(stratum.paths):
            if path in found and others[entry]:
                hidden[entry] = 1
                # What a refusing runtime would not have written may be visible though the file is hidden twice.
                if len(path) > _LONG or self._snapshots.find(path, found[path] - 1) == (layer, entry):
                    self._ambiguities.add(found[path], path, _REPLACED)
