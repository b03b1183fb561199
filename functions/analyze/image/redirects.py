"""Writes through symbolic links of lower layers.

A layer may write `lib/y` where a lower one has `lib -> usr/lib`, with no entry for `lib` itself. umoci
and containerd follow the link, Docker's overlay2 puts a directory in its place. The image specification
says nothing; this follows the link, and records that others do not. Whiteouts and opaque markers
below such a link are led to its target in the same way.
"""

from collections.abc import Sequence
from itertools import compress

from analyze.image.ambiguities import Ambiguities
from analyze.image.directories import Implied, Subtrees, implied, parent
from analyze.image.snapshots import Snapshots, Stratum
from analyze.layer.entries import Entries, EntryType

_THROUGH = "written through a symbolic link of a lower layer, which some runtimes replace by a directory"
_REMOVED = "the layer both removes this symbolic link and writes below it: runtimes differ by the order"
_TURNED = "the layer both changes where this symbolic link leads and writes through it: runtimes differ by the order"
_LOOP = "written below a symbolic link of a lower layer that leads nowhere"
_REMEMBERED = 64  # directories above one path; remembering 4,096 takes the square of their length
_COLLISION = "written twice by one layer, once through a symbolic link of a lower layer"


def strata(layers: Sequence[Entries], ambiguities: Ambiguities) -> list[Stratum]:
    """Return the layers with their paths as the image has them, from the base up."""
    result: list[Stratum] = []
    links: set[bytes] = set()  # paths at which some lower layer has a symbolic link
    for entries in layers:
        stratum = Stratum(entries, entries.paths, frozenset(entries.whiteouts), frozenset(entries.opaques))
        needed = entries.derived.get("implied") or implied(entries.paths, entries.paths)
        entries.derived["implied"] = needed
        if links:
            candidates = _candidates(stratum, needed, links)
            through = _confirmed(result, stratum, candidates, ambiguities)
            if through:
                stratum = _redirected(result, stratum, through, ambiguities)
                needed = implied(stratum.paths, stratum.paths)
        stratum.implied = needed
        result.append(stratum)
        links.update(map(stratum.paths.__getitem__, entries.links))
    return result


def _candidates(stratum: Stratum, needed: Implied, links: set[bytes]) -> set[bytes]:
    marks = [*stratum.whiteouts, *(opaque + b"/" for opaque in stratum.opaques if opaque)]
    touched = implied(marks, stratum.paths) if marks else Implied()
    candidates = (needed.directories & links) | (touched.directories & links)
    deep = needed.deep + touched.deep
    if deep:
        below = Subtrees(links)
        for path in deep:
            if below.root(path) is None:
                continue
            ancestor = parent(path)
            while ancestor:
                if ancestor in links:
                    candidates.add(ancestor)
                ancestor = parent(ancestor)
        candidates.difference_update(stratum.paths)
    return candidates


def _confirmed(
    lower: list[Stratum], stratum: Stratum, candidates: set[bytes], ambiguities: Ambiguities
) -> dict[bytes, bytes]:
    """Return the links that the layer writes through, with the directory that each leads to."""
    through: dict[bytes, bytes] = {}
    if not candidates:
        return through
    snapshots = Snapshots([*lower, stratum])
    layer = len(lower)
    for path in sorted(candidates):
        before = snapshots.find(path, layer - 1)
        if before is None or snapshots.link(before) is None:
            continue
        if snapshots.find(path, layer) is None:
            ambiguities.add(layer, path, _REMOVED)
            continue
        real = snapshots.resolve(path, layer)
        ambiguities.add(layer, path, _LOOP if real is None else _THROUGH)
        if real is not None:
            earlier = snapshots.resolve(path, layer - 1)
            if earlier is None or earlier.path != real.path:
                ambiguities.add(layer, path, _TURNED)
            through[path] = real.path
    return through


def _redirected(
    lower: list[Stratum], stratum: Stratum, through: dict[bytes, bytes], ambiguities: Ambiguities
) -> Stratum:
    layer = len(lower)
    below = Subtrees(through)
    snapshots = Snapshots([*lower, stratum])
    landing = _Landing(snapshots, stratum, layer)

    def moved(path: bytes) -> bytes:
        return landing.of(path) if below.root(path) is not None else path

    def emptied(path: bytes) -> bytes:
        return landing.directory(path) if path in through or below.root(path) is not None else path

    whiteouts = frozenset(map(moved, stratum.whiteouts))
    opaques = frozenset(map(emptied, stratum.opaques))
    flags = below.flags(stratum.paths)
    paths = [landing.of(path) if flag else path for path, flag in zip(stratum.paths, flags, strict=True)]
    removed = Subtrees(whiteouts | opaques)
    landed = set(compress(paths, flags))
    over = Subtrees(landed)
    for link in through:
        if link in whiteouts or removed.root(link) is not None:
            ambiguities.add(layer, link, _REMOVED)
        if link in landed or over.root(link) is not None:
            ambiguities.add(layer, link, _TURNED)
    for directory in {*map(parent, compress(stratum.paths, flags)), *map(parent, stratum.whiteouts), *stratum.opaques}:
        first = below.root(directory)
        if first is not None and landing.directory(directory) != through[first] + directory[len(first) :]:
            # Where this link leads, another leads on: it may be one of the layer itself.
            before, after = (snapshots.resolve(directory, top) for top in (layer - 1, layer))
            if (before and before.path) != (after and after.path):
                ambiguities.add(layer, first, _TURNED)
    dropped = _collisions(layer, stratum, paths, flags, ambiguities)
    return Stratum(stratum.entries, paths, whiteouts, opaques, dropped=dropped)


class _Landing:
    """Where paths of a layer land. What the layer itself makes a directory is one, whatever was there."""

    def __init__(self, snapshots: Snapshots, stratum: Stratum, layer: int) -> None:
        self._snapshots = snapshots
        self._explicit = stratum.index
        self._layer = layer
        self._known: dict[bytes, bytes] = {b"": b""}

    def of(self, path: bytes) -> bytes:
        directory, _, name = path.rpartition(b"/")
        return _join(self.directory(directory), name)

    def directory(self, path: bytes) -> bytes:
        missing: list[bytes] = []
        above = path
        while above not in self._known and len(missing) < _REMEMBERED:
            missing.append(above)
            above = parent(above)
        if above not in self._known:
            missing = [path]
            self._known[parent(path)] = parent(path)
        for directory in reversed(missing):
            there = _join(self._known[parent(directory)], directory.rpartition(b"/")[2])
            resolved = None if directory in self._explicit else self._snapshots.resolve(there, self._layer)
            self._known[directory] = resolved.path if resolved else there
        return self._known[path]


def _join(directory: bytes, name: bytes) -> bytes:
    return directory + b"/" + name if directory else name


def _collisions(
    layer: int, stratum: Stratum, paths: list[bytes], flags: bytearray, ambiguities: Ambiguities
) -> frozenset[int]:
    """Return the entries that give way where the new paths meet others of their layer."""
    types = stratum.entries.types
    moved = [entry for entry, flag in enumerate(flags) if flag]
    places: dict[bytes, list[int]] = {paths[entry]: [] for entry in moved}
    for entry, path in enumerate(paths):
        if path in places:
            places[path].append(entry)
    dropped: set[int] = set()
    for path, entries in places.items():
        dropped.update(entries[:-1])
        if len(entries) > 1 and any(types[entry] != EntryType.DIRECTORY for entry in entries):
            ambiguities.add(layer, path, _COLLISION)
    solid = {
        paths[entry] for entry in range(len(paths)) if types[entry] != EntryType.DIRECTORY and entry not in dropped
    }
    above = implied(paths, ())
    roots = above.directories & solid
    if above.deep:
        roots.update(filter(None, map(Subtrees(solid).root, above.deep)))
    if roots:
        # A directory and something else at one place: what is below the something else cannot stay.
        for entry, flag in enumerate(Subtrees(roots).flags(paths)):
            if flag:
                dropped.add(entry)
                ambiguities.add(layer, paths[entry], _COLLISION)
    return frozenset(dropped)
