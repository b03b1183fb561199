"""`dependencies` and `compositions`: what depends on what, and how complete that is."""

from collections.abc import Collection, Iterator
from typing import Any

from api.formats.facts.graph import Graph, is_complete
from cargohold.model import Package, Scope


class Dependencies:
    """The references of an image's components; filled while they are written.

    `unreadable` are the catalogers that left unknowns.
    """

    def __init__(self, root: str, graph: Graph, unreadable: Collection[str]) -> None:
        self._root = root
        self._graph = graph
        self._unreadable = unreadable
        self._system: list[str] = []
        self._complete: dict[str, bool] = {}
        self._installed: list[str] = []

    def add_system(self, reference: str) -> None:
        """Note the component of the operating system."""
        self._system = [reference]

    def add(self, package: Package) -> None:
        """Note the component of a package."""
        self._complete[package.id] = is_complete(package, self._unreadable)
        if package.scope is Scope.VISIBLE:
            self._installed.append(package.id)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield an entry for every component. The image needs what is installed and nothing else in it needs."""
        yield _row(self._root, [*self._system, *self._graph.roots(self._installed)])
        for reference in self._system:
            yield _row(reference, [])
        for reference in self._complete:
            yield _row(reference, self._graph.needs.get(reference, []))

    def compositions(self) -> list[dict[str, Any]]:
        """Say how complete the components are, and what each one needs."""
        whole = {"aggregate": "incomplete" if self._unreadable else "unknown", "assemblies": [self._root]}
        rows: dict[str, list[str]] = {"complete": [], "unknown": []}
        for reference, complete in self._complete.items():
            rows["complete" if complete else "unknown"].append(reference)
        return [whole, *({"aggregate": kind, "dependencies": refs} for kind, refs in rows.items() if refs)]


def _row(reference: str, needs: list[str]) -> dict[str, Any]:
    return {"ref": reference, "dependsOn": needs} if needs else {"ref": reference}
