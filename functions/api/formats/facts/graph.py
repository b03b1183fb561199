"""What packages need, and how much of that is known."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from cargohold.model import Package, Relationship, Scope

# Their package managers refuse to install what misses a dependency, so the database has them all.
_COMPLETE = frozenset({"alpm", "apk", "deb", "rpm"})


class Graph:
    """Dependencies and owners by package id.

    `needs` has what a package needs, `owners` the packages that claim the files that it was found in.
    """

    def __init__(self, relationships: Iterable[Relationship]) -> None:
        self.needs: dict[str, list[str]] = defaultdict(list)
        self.owners: dict[str, list[str]] = defaultdict(list)
        for relation in relationships:
            if relation.parent == relation.child:
                continue
            if relation.kind == "dependency-of":
                self.needs[relation.child].append(relation.parent)
            elif relation.kind == "ownership-by-file-overlap":
                self.owners[relation.child].append(relation.parent)
        for listed in (*self.needs.values(), *self.owners.values()):
            listed[:] = sorted(set(listed))

    def roots(self, packages: Sequence[str]) -> list[str]:
        """Return those of `packages` from which all of them are reached: of a cycle that nothing needs, its first."""
        needed = {one for needs in self.needs.values() for one in needs}
        roots = []
        reached: set[str] = set()
        for package in [*(one for one in packages if one not in needed), *packages]:
            if package in reached:
                continue
            roots.append(package)
            waiting = [package]
            while waiting:
                one = waiting.pop()
                if one not in reached:
                    reached.add(one)
                    waiting += self.needs.get(one, ())
        return roots


def is_complete(package: Package, unreadable: Iterable[str]) -> bool:
    """Tell whether all that a package needs is known. `unreadable` are the catalogers that left unknowns."""
    return package.type in _COMPLETE and package.scope is Scope.VISIBLE and package.cataloger not in unreadable
