"""Which packages provide what others need, by name, within one database or directory.

Packages that all provide what all need have the square of their number in relations, and a hostile database
is made of nothing else. So work is bounded, and what is over is left out.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from cargohold.model import Relationship

_LOOKED_AT = 10_000_000  # providers, each as often as a package needs what it provides


class Providers:
    """Package ids by place and name. Add all packages first, then relate each."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Hashable, str], list[str]] = defaultdict(list)
        self._left = _LOOKED_AT

    def add(self, identifier: str, place: Hashable, names: Iterable[str]) -> None:
        """Note what a package provides, its own name too."""
        for name in dict.fromkeys(names):
            self._ids[place, name].append(identifier)

    def relations(self, identifier: str, place: Hashable, needed: Iterable[str]) -> Iterator[Relationship]:
        """Yield `dependency-of` from each package that provides one of the names to the one that needs them."""
        found: set[str] = set()
        for name in dict.fromkeys(needed):
            ids = self._ids.get((place, name), ())
            self._left -= len(ids)
            if self._left < 0:
                break
            found.update(ids)
        for provider in sorted(found - {identifier}):
            yield Relationship(provider, identifier, "dependency-of")
