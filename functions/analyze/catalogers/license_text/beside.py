"""What the texts beside a package conclude of its licences, where what it declares is no expression."""

from collections import defaultdict

from analyze.catalogers.contract import FileFacts, ImageView
from cargohold.model import License, Scope
from cargohold.paths import to_text

CATALOGER = "license_text"


class Texts:
    """The texts of licences in one view."""

    def __init__(self, view: ImageView) -> None:
        self._view = view
        self._merged = view.scope is not Scope.HIDDEN
        self._directories: dict[bytes, list[FileFacts]] | None = None

    def found(self, path: bytes, evidence: FileFacts) -> FileFacts | None:
        """Return the facts of the text that `path` leads to, as the layer of the evidence sees it."""
        return self._view.facts_at(CATALOGER, path, seen_from=None if self._merged else evidence.layer)

    def completed(self, declared: tuple[License, ...], evidence: FileFacts, *directories: bytes) -> tuple[License, ...]:
        """Return the licences that a package declares; when none is an expression, also those of texts.

        `directories` have no "/" at their ends; the first with a text that is known counts.
        """
        for one in declared:
            if one.spdx_expression:
                return declared
        for directory in directories:
            if found := self._in(directory, evidence):
                return declared + found
        return declared

    def _in(self, directory: bytes, evidence: FileFacts) -> tuple[License, ...]:
        files: dict[bytes, FileFacts] = {}
        for found in self._listed().get(directory, ()):
            if self._merged or found.layer <= evidence.layer:
                files[found.path] = found  # of the highest layer
        distinct = {one.spdx_expression: one for found in reversed(files.values()) for one in concluded(found)}
        return tuple(reversed(distinct.values()))

    def _listed(self) -> dict[bytes, list[FileFacts]]:
        if self._directories is None:
            self._directories = defaultdict(list)
            for found in self._view.facts(CATALOGER):
                self._directories[found.path.rpartition(b"/")[0]].append(found)
        return self._directories


def concluded(found: FileFacts) -> tuple[License, ...]:
    """Return the licences of a text, from its facts."""
    path = "/" + to_text(found.path)
    return tuple(License(name, name, "concluded", path) for name in found.facts.detail.get("licenses", ()))
