"""What an image is made of: the reduce over its layer records."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, TypeVar

import orjson

from analyze.catalogers.contract import Cataloger, Facts, FileFacts, Finding
from analyze.image import distro, exclusion, ownership
from analyze.image.aliases import find_aliases
from analyze.image.files import file_records
from analyze.image.history import created_by
from analyze.image.locations import Locator
from analyze.image.origin import Origins
from analyze.image.overlay import Merged, merge
from analyze.image.view import View
from analyze.layer.record import LayerRecord
from analyze.layer.want import Want
from analyze.limits import DEFAULT, Limits
from cargohold.errors import DeadlineExceeded, ImageTooLarge
from cargohold.model import Distro, FileRecord, Package, Relationship, Scope, Unknown
from cargohold.paths import to_text

T = TypeVar("T")
_RELATIONS = 500_000  # of one cataloger, and of owners
_DIGEST = attrgetter("digest")
_NAMED = attrgetter("type", "name", "version")


@dataclass(frozen=True, slots=True)
class ImageAnalysis:
    """Everything found in an image, in an order that depends on the image alone.

    `wants` lists by layer the files that have to be read under another name before the result is
    complete; `created_by` has one command a layer, "" where none is known; `visible` and `hidden` give what
    scanners, which make no packages, said of files.
    """

    packages: tuple[Package, ...]
    relationships: tuple[Relationship, ...]
    unknowns: tuple[Unknown, ...]
    distro: Distro | None
    created_by: tuple[str, ...]
    wants: dict[int, list[Want]]
    merged: Merged
    visible: View
    hidden: View

    @property
    def file_count(self) -> int:
        """How many paths `files` yields."""
        return sum(map(sum, self.merged.visible))

    def files(self) -> Iterator[FileRecord]:
        """Yield the paths of the merged image, in the order of their bytes."""
        return file_records(self.merged)


def assemble(
    records: Sequence[LayerRecord],
    catalogers: Sequence[Cataloger],
    config: bytes,
    limits: Limits = DEFAULT,
    redact: Callable[[str], str] = str,
) -> ImageAnalysis:
    """Merge the records of an image's layers, base first, and make packages of their facts.

    `config` is the image's, for the history, and `redact` takes secrets out of its commands. Catalogers that
    fail leave an unknown that says so. Raises `ImageTooLarge`.
    """
    return _Assembly(records, catalogers, created_by(config, len(records), redact), limits).run()


class _Assembly:
    def __init__(
        self,
        records: Sequence[LayerRecord],
        catalogers: Sequence[Cataloger],
        commands: tuple[str, ...],
        limits: Limits,
    ) -> None:
        self._records = records
        self._catalogers = catalogers
        self._commands = commands
        self._merged = merge(records)
        self._aliases = find_aliases(self._merged, records, catalogers, most=limits.second_walk_files)
        self._origins = Origins(self._merged, records)
        self._locator = Locator(self._merged)
        self._unknowns: list[Unknown] = []
        self._limit = self._left = limits.image_packages
        self._visible = View(self._merged, records, self._aliases)
        self._hidden = View(self._merged, records, self._aliases, Scope.HIDDEN)

    def run(self) -> ImageAnalysis:
        self._visible.distro = self._distro()
        self._hidden.distro = self._visible.distro or self._lower_distro()
        visible, related = self._packages()
        hidden = self._hidden_packages(visible)
        packages = _in_order([*visible.values(), *hidden.values()])
        owned = list(self._bounded("ownership", ownership.overlaps(self._visible, self._merged, packages)))
        packages = exclusion.remaining(self._visible, packages, owned)
        related += owned
        return ImageAnalysis(
            packages=tuple(packages),
            relationships=_distinct(related, packages),
            unknowns=self._all_unknowns(),
            distro=self._visible.distro,
            created_by=self._commands,
            wants=self._aliases.wants(self._records),
            merged=self._merged,
            visible=self._visible,
            hidden=self._hidden,
        )

    def _distro(self, seen_from: int | None = None) -> Distro | None:
        def lookup(path: bytes) -> FileFacts | None:
            return self._visible.facts_at(distro.CATALOGER, path, seen_from=seen_from)

        return distro.choose(lookup)

    def _lower_distro(self) -> Distro | None:
        """Return what the highest snapshot that names a distribution says."""
        if not any(record.sections.get(distro.CATALOGER) for record in self._records):
            return None
        snapshots = (self._distro(layer) for layer in range(len(self._records) - 2, -1, -1))
        return next((found for found in snapshots if found is not None), None)

    def _packages(self) -> tuple[dict[str, Package], list[Relationship]]:
        packages: dict[str, Package] = {}
        related: list[Relationship] = []
        for cataloger in self._catalogers:
            mine: dict[str, Package] = {}
            for finding in self._found(cataloger, self._visible):
                if self._finish(cataloger.name, finding):
                    mine.setdefault(finding.package.id, finding.package)
            found = list(mine.values())
            related += self._related(cataloger, found)
            for identifier, package in mine.items():
                packages.setdefault(identifier, package)
        return packages, related

    def _hidden_packages(self, visible: dict[str, Package]) -> dict[str, Package]:
        """Return what only hidden files say, of every path the highest file that says it."""
        known = {_identity(package) for package in visible.values() if package.scope is Scope.VISIBLE}
        highest: dict[tuple[Any, ...], tuple[str, Finding]] = {}
        for cataloger in self._catalogers:
            for finding in self._found(cataloger, self._hidden):
                package = finding.package
                if package.scope is Scope.DECLARED or _identity(package) in known:
                    continue
                package.scope = Scope.HIDDEN
                key = (_identity(package), finding.evidence.path)
                if key not in highest or highest[key][1].evidence.layer <= finding.evidence.layer:
                    highest[key] = (cataloger.name, finding)
        packages: dict[str, Package] = {}
        for name, finding in highest.values():
            if self._finish(name, finding):
                packages.setdefault(finding.package.id, finding.package)
        return packages

    def _found(self, cataloger: Cataloger, view: View) -> list[Finding]:
        found = self._run(cataloger, lambda one: islice(one.assemble(view), self._left + 1))
        self._left -= len(found)
        if self._left < 0:
            raise ImageTooLarge(what="the number of packages in all layers", limit=self._limit, actual="more")
        return found

    def _related(self, cataloger: Cataloger, packages: Sequence[Package]) -> list[Relationship]:
        return self._run(cataloger, lambda one: self._bounded(one.name, one.relate(self._visible, packages)))

    def _bounded(self, finder: str, related: Iterable[Relationship]) -> Iterator[Relationship]:
        """Yield relations, as many as are kept: packages that all provide what all need have the square of them."""
        left = iter(related)
        yield from islice(left, _RELATIONS)
        if next(left, None) is not None:
            self._unknowns.append(Unknown("", 0, finder, f"more than {_RELATIONS} relations of packages"))

    def _run(self, cataloger: Cataloger, work: Callable[[Cataloger], Iterable[T]]) -> list[T]:
        done: list[T] = []
        try:
            done.extend(work(cataloger))
        except (DeadlineExceeded, MemoryError):
            raise
        except Exception as bug:  # noqa: BLE001 - one cataloger's bug must not cost the image its other packages
            self._unknowns.append(Unknown("", 0, cataloger.name, f"bug: {type(bug).__name__}: {bug}"[:500]))
        return done

    def _finish(self, cataloger: str, finding: Finding) -> bool:
        """Fill in what a cataloger leaves to the image; False when the package cannot be written down."""
        package = finding.package
        package.origin_layer = self._origins.layer(cataloger, finding)
        package.created_by = self._commands[package.origin_layer]
        if not all(map(_DIGEST, package.locations)):
            package.locations = tuple(
                location
                if location.digest
                else replace(location, digest=self._locator.digest(location, finding.evidence))
                for location in package.locations
            )
        prototype = finding.prototype
        try:
            package.id = (prototype and prototype.id) or package_id(package)
            if prototype is not None:
                prototype.id = package.id
        except TypeError as bug:
            path = "/" + to_text(finding.evidence.path)
            self._unknowns.append(Unknown(path, finding.evidence.layer, cataloger, f"bug: a package is no JSON: {bug}"))
            return False
        return True

    def _all_unknowns(self) -> tuple[Unknown, ...]:
        found = [*self._unknowns, *self._merged.unknowns, *self._aliases.unknowns]
        for layer, record in enumerate(self._records):
            found += [replace(unknown, layer=layer) for unknown in record.unknowns]
            paths = self._merged.strata[layer].paths
            for cataloger in self._catalogers:
                section = record.sections.get(cataloger.name)
                for entry, facts in section.facts.items() if section else ():
                    if facts.unknowns:
                        found += _reasons(paths[entry], layer, cataloger.name, facts)
        for alias in self._aliases.found:
            layer, entry = alias.target
            known = self._records[layer].sections[alias.cataloger].aliases.get(entry, {}).get(alias.path)
            found += _reasons(alias.path, alias.link[0], alias.cataloger, known) if known else ()
        return tuple(sorted(set(found), key=lambda one: (one.path, one.layer, one.cataloger, one.reason)))


def _reasons(path: bytes, layer: int, cataloger: str, facts: Facts) -> list[Unknown]:
    return [Unknown("/" + to_text(path), layer, cataloger, reason) for reason in facts.unknowns]


def package_id(package: Package) -> str:
    """Return 16 hex digits of SHA-256 over type, name, version, purl, paths of locations, and metadata.

    Raises `TypeError` on what JSON cannot hold: lone surrogates, integers of more than 64 bits.
    """
    at = package.locations
    paths = [at[0].path] if len(at) == 1 else sorted({location.path for location in at})
    content = [package.type, package.name, package.version, package.purl, paths, package.metadata]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _identity(package: Package) -> tuple[str, str, str, str]:
    return package.type, package.name, package.version, package.architecture


def _in_order(packages: Iterable[Package]) -> list[Package]:
    """Sort by scope, type, name, version, and then, which few need, by locations and id."""
    scopes: dict[Scope, list[Package]] = {scope: [] for scope in (Scope.VISIBLE, Scope.DECLARED, Scope.HIDDEN)}
    for package in packages:
        scopes[package.scope].append(package)
    ordered: list[Package] = []
    for found in scopes.values():
        found.sort(key=_NAMED)
        for _, same in groupby(found, _NAMED):
            alike = list(same)
            if len(alike) > 1:
                alike.sort(key=_placed)
            ordered += alike
    return ordered


def _placed(package: Package) -> tuple[Any, ...]:
    return [(location.path, location.layer) for location in package.locations], package.id


def _distinct(related: Iterable[Relationship], packages: Iterable[Package]) -> tuple[Relationship, ...]:
    known = {package.id for package in packages}
    # In groups, since sorting tens of thousands at once takes most of the time.
    groups: dict[str, dict[str, list[Relationship]]] = defaultdict(lambda: defaultdict(list))
    for one in related:
        if one.parent in known and one.child in known:
            groups[one.kind][one.parent].append(one)
    ordered: list[Relationship] = []
    for _, by_parent in sorted(groups.items()):
        for parent in sorted(by_parent):
            found = by_parent[parent]
            if len(found) > 1:
                distinct = {(one.child, one.detail): one for one in found}
                found = [distinct[key] for key in sorted(distinct)]
            ordered += found
    return tuple(ordered)
