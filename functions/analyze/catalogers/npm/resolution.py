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
_NOTHING: frozenset[bytes] = frozenset()


def relations(view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for each dependency that is found in a node_modules directory."""
    placed = [(directory, package) for package in packages if (directory := _directory(package)) is not None]
    finder = _Finder(view, {directory: package.id for directory, package in placed})
    for directory, package in placed:
        dependencies = package.metadata.get("dependencies")
        if not dependencies:
            continue
        places = finder.places(directory)
        known, find = places.known, finder.find
        found = {known[name] if name in known else find(name, places) for name in dependencies}
        found -= {"", package.id}
        for dependency in sorted(found) if len(found) > 1 else found:
            yield Relationship(dependency, package.id, "dependency-of")


@dataclass(slots=True)
class _Places:
    """The node_modules directories that are looked through, nearest first, with what is in them.

    `known` has the ids by name that were found: most packages are in one directory and look through the same.
    """

    listed: list[tuple[bytes, frozenset[bytes]]]
    known: dict[str, str] = field(default_factory=dict)


class _Finder:
    def __init__(self, view: ImageView, ids: dict[bytes, str]) -> None:
        self._view = view
        self._ids = ids
        self._children: dict[bytes, frozenset[bytes]] = {}
        self._places = {b"": _Places(self._with_children([b"node_modules"]))}

    def places(self, directory: bytes) -> _Places:
        """Return where packages in `directory` look."""
        known = self._places.get(directory)
        if known is None:
            if directory.count(b"/") >= _LEVELS:
                return self._far(directory)
            known = self.places(directory.rpartition(b"/")[0])
            if not directory.endswith(b"/node_modules"):
                own = directory + b"/node_modules"
                if names := self._listed(own):
                    known = _Places([(own, names), *known.listed])
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
        """Return the id of the package that provides `name`, or ""; `places` know it from then on."""
        wanted = name.encode()
        for place, names in places.listed:
            path = place + b"/" + wanted
            found = self._ids.get(path)
            if found is None and self._is_in(place, names, wanted):
                real = self._view.resolve(path)  # a symbolic link, as pnpm and workspaces make them
                found = self._ids.get(real, "") if real is not None else ""
            if found is not None:
                break
        else:
            found = ""
        places.known[name] = found
        return found

    def _is_in(self, place: bytes, names: frozenset[bytes], wanted: bytes) -> bool:
        scope, slash, base = wanted.partition(b"/")
        return scope in names and (not slash or base in self._listed(place + b"/" + scope))

    def _with_children(self, directories: Sequence[bytes]) -> list[tuple[bytes, frozenset[bytes]]]:
        return [(directory, names) for directory in directories if (names := self._listed(directory))]

    def _listed(self, directory: bytes) -> frozenset[bytes]:
        known = self._children.get(directory)
        if known is None:
            found = self._view.children(directory)
            known = self._children[directory] = frozenset(found) if found else _NOTHING
        return known


def _directory(package: Package) -> bytes | None:
    return to_bytes(package.locations[0].path[1:]).rpartition(b"/")[0] if package.locations else None
