"""What runtimes disagree on. The image still gets one answer, and the user is told of the others."""

from cargohold.model import Unknown
from cargohold.paths import to_text

SOURCE = "overlay"  # stands where a cataloger's name would

_KEPT = 50  # of one kind and layer: an image can have a million of them


class Ambiguities:
    """Collects unknowns of the merge, the first 50 of a kind and layer and how many more there were."""

    def __init__(self) -> None:
        self._unknowns: list[Unknown] = []
        self._counts: dict[tuple[int, str], int] = {}

    def add(self, layer: int, path: bytes, reason: str) -> None:
        """Record one; `path` has no leading "/"."""
        count = self._counts[layer, reason] = self._counts.get((layer, reason), 0) + 1
        if count <= _KEPT:
            self._unknowns.append(Unknown("/" + to_text(path), layer, SOURCE, reason))

    def unknowns(self) -> list[Unknown]:
        """Return what was recorded."""
        more = [
            Unknown("", layer, SOURCE, f"{reason} ({count - _KEPT} more paths)")
            for (layer, reason), count in sorted(self._counts.items())
            if count > _KEPT
        ]
        return self._unknowns + more
