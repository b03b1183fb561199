"""Which entries of an image's layers are visible.

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

from collections.abc import Sequence
from itertools import compress

from analyze.image.ambiguities import Ambiguities
from analyze.image.directories import Subtrees
from analyze.image.snapshots import DIRECTORIES, OTHERS, Snapshots, Stratum

FLIP = bytes([1, 0]) + bytes(254)  # for `bytearray.translate`: 1 to 0 and 0 to 1
_LONG = 1024  # bytes of a path that is not worth a walk from the root before it is told of

_REPLACED = "written below a file of a lower layer, which some runtimes refuse"
_AFTER = "the layer writes below this directory before the entry that replaces what a lower layer has here"
_RECREATED = "the layer removes this directory and makes it again: some runtimes keep its lower content"
_ROOT = "an opaque marker in the root directory, which some runtimes ignore"


def visibility(layers: Sequence[Stratum], ambiguities: Ambiguities) -> list[bytearray]:
    """Return for each layer 1 for its visible entries and 0 for the others."""
    above = _Above(Snapshots(layers), ambiguities)
    visible: list[bytearray] = []
    for layer in range(len(layers) - 1, -1, -1):
        stratum = layers[layer]
        hidden = above.hides(layer, stratum)
        for entry in stratum.dropped:
            hidden[entry] = 1
        visible.append(hidden.translate(FLIP))
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
        self._is_opaque = False
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
        self._is_opaque = self._is_opaque or bool(stratum.opaques)
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
        if 1 in hidden:
            self._tell_order(layer, stratum, hidden)
        roots = self._roots(stratum, hidden)
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

    def _roots(self, stratum: Stratum, covered: bytearray) -> set[bytes]:
        """Return the directories of a layer that lose what is below them; `covered` are entries that are hidden."""
        roots = self._blocked & stratum.implied.directories
        if self._is_opaque or 1 in covered:  # what blocks a directory covers it, but for opaque markers
            directories = compress(stratum.paths, stratum.entries.types.translate(DIRECTORIES))
            roots |= self._blocked.intersection(directories)
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
