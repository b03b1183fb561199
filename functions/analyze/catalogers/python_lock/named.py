"""The packages of a lock file by their normalised names, of which one may be there in several versions."""

import re
from collections import defaultdict
from collections.abc import Iterable

from analyze.catalogers.lockfile.entries import Entries
from cargohold.purl import normalized_python_name

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_MOST = 10  # versions of one name that are related


class Named:
    """Relates packages that name each other, with a version or without."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._positions: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._needed: list[tuple[int, str, str]] = []

    def add(self, name: str, version: str, position: int, needed: Iterable[tuple[str, str]]) -> None:
        """Note where a package is, and (name, version or "") of what it needs."""
        known = self._positions[normalized_python_name(name)]
        if len(known) < _MOST:
            known.append((version, position))
        self._needed += [(position, normalized_python_name(other), wanted) for other, wanted in needed]

    def relate(self) -> None:
        """Relate everything, once all packages are known."""
        for position, name, wanted in self._needed:
            for version, other in self._positions.get(name, ()):
                if not wanted or wanted == version:
                    self._entries.relate(position, other)


def requirement(text: str) -> tuple[str, list[str]]:
    """Return the name that a requirement (PEP 508) begins with, and its extras; "" when there is none."""
    match = _REQUIREMENT.match(text)
    if match is None:
        return "", []
    return match[1], [extra.strip() for extra in (match[2] or "").split(",") if extra.strip()]
