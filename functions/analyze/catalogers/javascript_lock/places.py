"""Which of the packages that lie in each other's directories is loaded for a name: the nearest one upwards."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

_LEVELS = 32  # of directories that have packages
_STEPS = 128  # of directories upwards
_LONGEST = 4096


class Places:
    """Packages by the directory that they lie in and their name there; "" is the outermost directory."""

    def __init__(self) -> None:
        self._inside: dict[str, dict[str, int]] = defaultdict(dict)

    def add(self, directory: str, name: str, position: int) -> None:
        """Note where a package lies."""
        self._inside[directory][name] = position

    def upwards(self, place: str) -> Sequence[Mapping[str, int]]:
        """Return what a package at `place` is given by name, nearest first."""
        found: list[Mapping[str, int]] = []
        if len(place) > _LONGEST:
            return found
        for _ in range(_STEPS):
            if (inside := self._inside.get(place)) is not None:
                found.append(inside)
            if not place or len(found) == _LEVELS:
                break
            place = place.rpartition("/")[0]
        return found


def nearest(places: Sequence[Mapping[str, int]], name: str) -> int:
    """Return the position of what is called `name`; -1 when nothing is."""
    return next((place[name] for place in places if name in place), -1)
