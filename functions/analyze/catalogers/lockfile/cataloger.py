"""Making declared packages of lock files."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.lockfile.formats import Format
from analyze.catalogers.lockfile.managed import is_managed
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.prototypes import finding
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import Reasons, content
from cargohold.model import License, Package, Relationship, Scope


class LockfileCataloger:
    """The lock files of one ecosystem. Facts: `format` (its name) and `packages`, see `entries`.

    Which files count, see `managed`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    formats: ClassVar[tuple[Format, ...]]
    limit: ClassVar[int] = 4 << 20  # bytes of one file

    def patterns(self) -> Patterns:
        """Want files by their names."""
        return Patterns(
            basenames=frozenset().union(*(one.basenames for one in self.formats)),
            paths=tuple(one.path for one in self.formats if one.path),
            max_size=self.limit,
        )

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it declares nothing, or for others than the image."""
        if is_managed(file.path):
            return None
        formats = [one for one in self.formats if one.matches(file.path)]
        data = content(file, self.limit) if formats else b""
        if isinstance(data, Facts):
            return data
        facts = None
        for format_ in formats:
            facts = _read(format_, data)
            if facts is None or facts.identity:
                break
        return facts

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a declared package of each entry."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            entry = evidence.facts.detail["packages"][position]
            yield finding(evidence, position, key, partial(self._package, evidence, entry))

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate what an entry needs to it, within one lock file."""
        ids: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
        for package in packages:
            ids[package.locations[0].path][package.purl, package.version] = package.id
        for evidence in view.facts(self.name):
            known = ids.get(location(evidence).path)
            entries = evidence.facts.detail.get("packages", ())
            if known is None or not any("needs" in entry for entry in entries):
                continue
            format_ = self._format(evidence)
            mine = [known.get((format_.package_url(entry), entry["version"]), "") for entry in entries]
            for entry, dependent in zip(entries, mine, strict=True):
                for dependency in sorted({mine[position] for position in entry.get("needs", ())} - {"", dependent}):
                    if dependent:
                        yield Relationship(dependency, dependent, "dependency-of")

    def _format(self, evidence: FileFacts) -> Format:
        return next(one for one in self.formats if one.name == evidence.facts.detail["format"])

    def _package(self, evidence: FileFacts, entry: dict[str, Any]) -> Package:
        format_ = self._format(evidence)
        at = location(evidence)
        return Package(
            cataloger=self.name,
            type=format_.type,
            language=format_.language,
            name=entry["name"],
            version=entry["version"],
            purl=format_.package_url(entry),
            namespace=entry.get("namespace", ""),
            scope=Scope.DECLARED,
            licenses=tuple(License(value, expression(value), path=at.path) for value in entry.get("licenses", ())),
            locations=(at,),
            metadata_type=format_.metadata_type,
            metadata=entry.get("metadata", {}),
        )


def _read(format_: Format, data: bytes) -> Facts | None:
    reasons = Reasons()
    entries = Entries(reasons)
    try:
        format_.read(data, entries)
    except ValueError as error:
        reasons.add(f"no {format_.name}: {str(error)[:200]}")
    unknowns = reasons.listed()
    if not entries.found:
        return Facts(unknowns=unknowns) if unknowns else None
    return Facts(entries.identity(), {"format": format_.name, "packages": entries.found}, unknowns)
