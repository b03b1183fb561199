"""Finding the files beside a file when assembling, in the merged image or as a hidden file's layer saw them."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from analyze.catalogers.contract import FileFacts, ImageView
from cargohold.model import Location, Scope
from cargohold.paths import to_text


class Lookup:
    """One cataloger's facts of one view. `found` has them all, ordered by path, then layer."""

    def __init__(self, view: ImageView, cataloger: str) -> None:
        self.found: list[FileFacts] = list(view.facts(cataloger))
        self._view = view
        self._cataloger = cataloger
        self._merged = view.scope is not Scope.HIDDEN
        self._by_path = {found.path: found for found in self.found} if self._merged else {}
        self._directories: dict[bytes, bytes] = {}

    def at(self, path: bytes, evidence: FileFacts) -> FileFacts | None:
        """Return the facts of the file that `path` leads to, through symbolic links."""
        if not self._merged:
            return self._view.facts_at(self._cataloger, path, seen_from=evidence.layer)
        return self._by_path.get(path) or self._view.facts_at(self._cataloger, path)

    def beside(self, directory: bytes, name: bytes, evidence: FileFacts) -> FileFacts | None:
        """Return the facts of the file `name` in a directory that is full of such files.

        As `at`, but a file that is itself a symbolic link is not followed: most names asked for do not
        exist, and a dictionary says so without walking the image for each.
        """
        if not self._merged:
            return self.at(directory + name, evidence)
        real = self._directories.get(directory)
        if real is None:
            resolved = self._view.resolve(directory.rstrip(b"/"))
            real = self._directories[directory] = directory if resolved is None else resolved + b"/"
        return self._by_path.get(real + name)


def sightings(
    view: ImageView, cataloger: str, found: Iterable[FileFacts]
) -> Iterator[tuple[FileFacts, int, dict[str, Any]]]:
    """Yield each identity of facts that are ordered by path, then layer: its facts, its position and itself.

    Of hidden files only what neither the visible file of that path nor a higher hidden one says: every
    layer that installs a package rewrites the whole database, and hides the one below.
    """
    if view.scope is not Scope.HIDDEN:
        for evidence in found:
            for position, key in enumerate(evidence.facts.identity):
                yield evidence, position, key
        return
    for path, snapshots in groupby(found, key=attrgetter("path")):
        visible = view.facts_at(cataloger, path)
        said = {tuple(key.values()) for key in visible.facts.identity} if visible is not None else set()
        for evidence in reversed(list(snapshots)):
            for position, key in enumerate(evidence.facts.identity):
                values = tuple(key.values())
                if values not in said:
                    said.add(values)
                    yield evidence, position, key


def location(found: FileFacts, evidence: str = "primary") -> Location:
    """Return where facts are from."""
    return Location(path="/" + to_text(found.path), layer=found.layer, digest=found.digest, evidence=evidence)
