"""Which of the packages that lie in each other's node_modules directories node loads for a name."""

from collections.abc import Mapping

_DEPTH = 64  # of directories within each other
_LONGEST = 4096


def nearest(places: Mapping[str, int], place: str, name: str, inside: str) -> int:
    """Return the position of what is called `name` for a package at `place`; -1 when nothing is.

    `places` maps where packages lie to their positions; `inside` stands between a directory and what lies
    in it: "/node_modules/" for npm, "/" for Bun.
    """
    if len(place) + len(name) > _LONGEST:
        return -1
    for _ in range(_DEPTH):
        found = places.get(place + inside + name if place else inside.lstrip("/") + name)
        if found is not None:
            return found
        if not place:
            break
        place = place.rpartition("/")[0]
    return -1
