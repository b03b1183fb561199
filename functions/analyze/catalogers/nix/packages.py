"""Packages of store paths and the relations among them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.contract import FileFacts, ImageView
from analyze.catalogers.lookup import Lookup, location
from analyze.catalogers.nix.registered import Registered
from analyze.catalogers.text import PATHS
from cargohold.model import Location, Package, Relationship, Scope
from cargohold.paths import to_text
from cargohold.purl import purl


class Store:
    """The facts of one view by store path: derivations, and of each store path its first file in the lowest layer."""

    def __init__(self, view: ImageView, found: Iterable[FileFacts]) -> None:
        self._view = view
        self._left = PATHS
        self._derivations: dict[str, FileFacts] = {}
        self._by_output: dict[str, FileFacts] = {}
        self._first: dict[str, FileFacts] = {}
        for one in found:
            kind = one.facts.detail.get("kind")
            if kind == "path":
                path = _store_path(one)
                if path not in self._first or one.layer < self._first[path].layer:
                    self._first[path] = one
            elif kind == "derivation":
                self._derivations["/" + to_text(one.path)] = one
                for path in one.facts.detail.get("outputs", {}).values():
                    self._by_output[path] = one

    def registered(self, evidence: FileFacts, record: dict[str, Any]) -> Package:
        """Return the package of a database's record."""
        deriver = record.get("deriver", "")
        first = self._first.get(record["path"])
        beside = () if first is None else (Location(record["path"], first.layer, evidence="supporting"),)
        return _package(
            record,
            record.get("output", ""),
            record.get("hash", ""),
            deriver,
            self._derivations.get(deriver),
            [location(evidence), *beside],
            self._files(record["path"]),
        )

    def unregistered(self, known: set[str]) -> list[FileFacts]:
        """Return one file of each store path that is not known; of hidden ones those that are gone altogether."""
        hidden = self._view.scope is Scope.HIDDEN
        return [
            one
            for path, one in sorted(self._first.items())
            if path not in known and not (hidden and self._view.exists(path.encode()[1:]))
        ]

    def unnamed(self, evidence: FileFacts, key: dict[str, Any]) -> Package:
        """Return the package of a store path by its name alone."""
        path = _store_path(evidence)
        source = self._by_output.get(path)
        deriver = "" if source is None else "/" + to_text(source.path)
        record = {"name": key["name"], "version": key["version"], "path": path}
        return _package(record, key["output"], key["hash"], deriver, source, [location(evidence)], self._files(path))

    def _files(self, path: str) -> tuple[str, ...]:
        """Return what is in a visible store path, as long as the image's store is not too large to list."""
        if self._view.scope is Scope.HIDDEN:
            return ()
        files: list[str] = []
        directories = [path.encode()[1:]]
        while directories and self._left > 0:
            directory = directories.pop()
            for name in self._view.children(directory):
                child = directory + b"/" + name
                if self._view.resolve(child) == child and self._view.children(child):
                    directories.append(child)
                else:
                    files.append("/" + to_text(child))
                self._left -= 1
        return tuple(sorted(files))


def relations(lookup: Lookup, packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for the references of databases, and of other paths for the inputs of their derivation."""
    ids: dict[str, str] = {}
    for package in packages:
        ids.setdefault(package.metadata["path"], package.id)
    registered = Registered(lookup)
    needs: dict[str, set[str]] = {path: set() for path in registered.paths()}
    for path, needed in registered.references():
        needs[path].add(needed)
    derivations = {
        "/" + to_text(one.path): one.facts.detail
        for one in lookup.found
        if one.facts.detail.get("kind") == "derivation"
    }
    for detail in derivations.values():
        inputs = _inputs(detail, derivations)
        for output in detail.get("outputs", {}).values():
            needs.setdefault(output, inputs)
    for path in sorted(needs.keys() & ids.keys()):
        for dependency in sorted({ids[need] for need in needs[path] if need in ids} - {ids[path]}):
            yield Relationship(dependency, ids[path], "dependency-of")


def _inputs(detail: dict[str, Any], derivations: dict[str, dict[str, Any]]) -> set[str]:
    inputs = set(detail.get("inputSources", ()))
    for one in detail.get("inputDerivations", ()):
        outputs = derivations.get(one["path"], {}).get("outputs", {})
        inputs.update(outputs[name] for name in one["outputs"] if name in outputs)
    return inputs


def _store_path(one: FileFacts) -> str:
    return "/" + to_text(b"/".join(one.path.split(b"/", 3)[:3]))


def _package(
    record: dict[str, Any],
    output: str,
    digest: str,
    deriver: str,
    source: FileFacts | None,
    locations: list[Location],
    files: tuple[str, ...],
) -> Package:
    metadata: dict[str, Any] = {"path": record["path"], "output": output, "outputHash": digest}
    if source is not None:
        locations.append(location(source, "supporting"))
        said = {key: value for key, value in source.facts.detail.items() if key not in ("kind", "outputs")}
        metadata["derivation"] = {"path": "/" + to_text(source.path), **said}
    return Package(
        cataloger="nix",
        type="nix",
        name=record["name"],
        version=record["version"],
        purl=purl(
            "nix",
            "",
            record["name"],
            record["version"],
            {"output": output, "outputhash": digest, "drvpath": deriver.rpartition("/")[2]},
        ),
        locations=tuple(locations),
        files=files,
        metadata_type="nix-store-entry",
        metadata={key: value for key, value in metadata.items() if value},
    )
