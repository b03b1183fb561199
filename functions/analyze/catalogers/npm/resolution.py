"""Which installed package node loads for a dependency.

Source: node's "Loading from node_modules folders": the nearest `node_modules/NAME` upwards from the real
directory of the package that asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class _Places:
    """The node_modules directories that are looked through, nearest first, with what is in them.

    `known` has the ids by name that were found: most packages are in one directory and look through the same.
    """

    listed: list[tuple[bytes, frozenset[bytes]]]
    known: dict[str, str] = field(default_factory=dict)


class _Finder:
    def __init__(self, view: ImageView, packages: Sequence[Package]) -> None:
        self._view = view
        self._ids = {_directory(package): package.id for package in packages if package.locations}
        self._children: dict[bytes, frozenset[bytes]] = {}
        self._places = {b"": _Places(self._with_children([b"node_modules"]))}

    def places(self, directory: bytes) -> _Places:
        """Return where packages in `directory` look."""
        if directory.count(b"/") >= _LEVELS:
            return self._far(directory)
        known = self._places.get(directory)
        if known is None:
            known = self.places(directory.rpartition(b"/")[0])
            own = [] if directory.endswith(b"/node_modules") else self._with_children([directory + b"/node_modules"])
            if own:
                known = _Places(own + known.listed)
            self._places[directory] = known
        return known

    def _far(self, directory: bytes) -> _Places:
        places: list[bytes] = []
        while directory and len(places) < _LEVELS:
            if not directory.endswith(b"/node_modules"):
                places.append(directory + b"/node_modules")
            directory = directory.rpartition(b"/")[0]
        return _Places(self._with_children([*places, b"node_modules"]))

    def find(self, name: str, places: _Places) -> str:
        """Return the id of the package that provides `name`, or ""."""
        found = places.known.get(name)
        if found is None:
            found = places.known[name] = self._find(name.encode(), places)
        return found

    def _find(self, wanted: bytes, places: _Places) -> str:
        scope, slash, base = wanted.partition(b"/")
        for place, names in places.listed:
            if scope not in names or (slash and base not in self._listed(place + b"/" + scope)):
                continue
            path = place + b"/" + wanted
            if path in self._ids:
                return self._ids[path]
            real = self._view.resolve(path)  # a symbolic link, as pnpm and workspaces make them
            return self._ids.get(real, "") if real is not None else ""
        return ""

    def _with_children(self, directories: Sequence[bytes]) -> list[tuple[bytes, frozenset[bytes]]]:
        return [(directory, names) for directory in directories if (names := self._listed(directory))]

    def _listed(self, directory: bytes) -> frozenset[bytes]:
        known = self._children.get(directory)
        if known is None:
            known = self._children[directory] = frozenset(self._view.children(directory))
        return known


def _directory(package: Package) -> bytes:
    return to_bytes(package.locations[0].path[1:]).rpartition(b"/")[0]
