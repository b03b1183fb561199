"""Which installed package node loads for a dependency.

Source: node's "Loading from node_modules folders": the nearest `node_modules/NAME` upwards from the real
directory of the package that asks.
"""

from collections.abc import Iterator, Sequence

from analyze.catalogers.contract import ImageView
from cargohold.model import Package, Relationship
from cargohold.paths import to_bytes

_LEVELS = 128  # of directories upwards


def relations(view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for each dependency that is found in a node_modules directory."""
    finder = _Finder(view, packages)
    for package in packages:
        if not package.metadata.get("dependencies") or not package.locations:
            continue
        places = finder.places(_directory(package))
        found = {finder.find(name, places) for name in package.metadata["dependencies"]}
        for dependency in sorted(found - {"", package.id}):
            yield Relationship(dependency, package.id, "dependency-of")


class _Finder:
    def __init__(self, view: ImageView, packages: Sequence[Package]) -> None:
        self._view = view
        self._ids = {_directory(package): package.id for package in packages if package.locations}
        self._children: dict[bytes, frozenset[bytes]] = {}

    def places(self, directory: bytes) -> list[bytes]:
        """Return the node_modules directories that are looked through, nearest first."""
        places: list[bytes] = []
        while directory and len(places) < _LEVELS:
            if not directory.endswith(b"/node_modules"):
                places.append(directory + b"/node_modules")
            directory = directory.rpartition(b"/")[0]
        return [place for place in [*places, b"node_modules"] if self._listed(place)]

    def find(self, name: str, places: Sequence[bytes]) -> str:
        """Return the id of the package that provides `name`, or ""."""
        wanted = name.encode()
        scope, slash, base = wanted.partition(b"/")
        for place in places:
            path = place + b"/" + wanted
            if path in self._ids and b"/" not in base:
                return self._ids[path]
            if scope not in self._listed(place) or (slash and base not in self._listed(place + b"/" + scope)):
                continue
            real = self._view.resolve(path)  # a symbolic link, as pnpm and workspaces make them
            return self._ids.get(real, "") if real is not None else ""
        return ""

    def _listed(self, directory: bytes) -> frozenset[bytes]:
        known = self._children.get(directory)
        if known is None:
            known = self._children[directory] = frozenset(self._view.children(directory))
        return known


def _directory(package: Package) -> bytes:
    return to_bytes(package.locations[0].path[1:]).rpartition(b"/")[0]
