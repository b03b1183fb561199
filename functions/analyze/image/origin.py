"""Which layer brought a package.

A package database is rewritten by every layer that installs something, so the last writer is not who
brought a package: successive snapshots of the file are compared, from the one that the finding is of
down to the last in an unbroken run that have the package. For a file about one package the run is of
equal content.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import compress
from typing import Any

import orjson

from analyze.catalogers.contract import Facts, Finding
from analyze.image.aliases import facts_at
from analyze.image.directories import Subtrees
from analyze.image.overlay import Merged
from analyze.image.tree import Place
from analyze.layer.record import LayerRecord

_HIDDEN = bytes([1, 0]) + bytes(254)


class Origins:
    """Answers for one image; what files said in lower layers is remembered."""

    def __init__(self, merged: Merged, records: Sequence[LayerRecord]) -> None:
        self._merged = merged
        self._records = records
        self._histories: dict[tuple[bytes, Place], list[Place]] = {}
        self._keys: dict[tuple[str, bytes, Place], frozenset[bytes]] = {}

    def layer(self, cataloger: str, finding: Finding) -> int:
        """Return the origin layer of a finding of `cataloger`."""
        evidence = finding.evidence
        origin = evidence.layer
        if origin == 0:
            return 0
        place = (origin, evidence.entry)
        for before in self._history(evidence.path, place):
            facts = self._facts(cataloger, before, evidence.path)
            if len(evidence.facts.identity) > 1 or (facts is not None and len(facts.identity) > 1):
                same = _key(finding.key) in self._identities(cataloger, before, evidence.path)
            else:
                same = bool(evidence.digest) and self._merged.snapshots.digest(before) == evidence.digest
            if not same:
                break
            origin = before[0]
        return origin

    def _history(self, path: bytes, place: Place) -> list[Place]:
        """Return the files at `path` in the snapshots below the one of `place`, each once, downwards."""
        known = self._histories.get((path, place))
        if known is None:
            known = []
            layer = place[0] - 1 if self._may_differ(path, place) else -1
            while layer >= 0:
                found = self._merged.snapshots.resolve(path, layer)
                if found is None or found.place is None:
                    break
                known.append(found.place)
                layer = found.place[0] - 1
            self._histories[path, place] = known
        return known

    def _may_differ(self, path: bytes, place: Place) -> bool:
        """Tell whether a lower snapshot can have anything at `path`; most files were written once."""
        real = self._merged.path(place)
        return (
            path != real
            or path in self._hidden
            or self._hidden_links.root(path) is not None
            or not self._merged.is_visible(place)
        )

    @cached_property
    def _hidden(self) -> set[bytes]:
        hidden: set[bytes] = set()
        for stratum, visible in zip(self._merged.strata, self._merged.visible, strict=True):
            hidden.update(compress(stratum.paths, visible.translate(_HIDDEN)))
        return hidden

    @cached_property
    def _hidden_links(self) -> Subtrees:
        """Paths that were symbolic links: below them a snapshot may show files of another directory."""
        return Subtrees(
            stratum.paths[entry]
            for stratum, visible in zip(self._merged.strata, self._merged.visible, strict=True)
            for entry in stratum.entries.links
            if not visible[entry]
        )

    def _facts(self, cataloger: str, place: Place, path: bytes) -> Facts | None:
        holder = self._merged.snapshots.content(place)
        return None if holder is None else facts_at(self._records, cataloger, place, holder, path)

    def _identities(self, cataloger: str, place: Place, path: bytes) -> frozenset[bytes]:
        known = self._keys.get((cataloger, path, place))
        if known is None:
            facts = self._facts(cataloger, place, path)
            known = frozenset(map(_key, facts.identity)) if facts else frozenset()
            self._keys[cataloger, path, place] = known
        return known


def _key(identity: dict[str, Any]) -> bytes:
    return orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)
