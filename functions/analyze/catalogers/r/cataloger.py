"""Making packages of DESCRIPTION files."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.text import content
from cargohold.model import Package, Relationship
from cargohold.purl import purl

_LIMIT = 4 << 20
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]*")


class RCataloger:
    """Packages in R's libraries. Facts: `detail["package"]`, see `description`."""

    name: ClassVar[str] = "r"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every DESCRIPTION."""
        return Patterns(basenames=frozenset({b"DESCRIPTION"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it describes no installed package."""
        from analyze.catalogers.r.description import package as read

        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        found = read(data)
        if found is None:
            return None
        return Facts([{"name": found["name"], "version": found["version"]}], {"package": found})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what a package needs to it: that in the same library, else that in any."""
        libraries: dict[tuple[str, str], str] = {}
        anywhere: dict[str, list[str]] = defaultdict(list)
        for package in packages:
            libraries.setdefault((_library(package), package.name), package.id)
            anywhere[package.name].append(package.id)
        for package in packages:
            found: set[str] = set()
            for name in _needs(package):
                near = libraries.get((_library(package), name))
                found.update([near] if near is not None else anywhere.get(name, ()))
            for dependency in sorted(found - {package.id}):
                yield Relationship(dependency, package.id, "dependency-of")


def _package(evidence: FileFacts) -> Package:
    from analyze.catalogers.r.licenses import licenses

    found = evidence.facts.detail["package"]
    at = location(evidence)
    return Package(
        cataloger="r",
        type="R-package",
        language="R",
        name=found["name"],
        version=found["version"],
        purl=purl("cran", "", found["name"].replace("/", "_"), found["version"]),
        licenses=licenses(found.get("license", ""), at.path),
        locations=(at,),
        metadata_type="r-description",
        metadata={field: value for field, value in found.items() if field not in ("name", "version", "license")},
    )


def _library(package: Package) -> str:
    """Return the directory of the package's own directory."""
    return package.locations[0].path.rpartition("/")[0].rpartition("/")[0]


def _needs(package: Package) -> set[str]:
    """Return the packages that one needs to run; LinkingTo is needed to compile, and its code is built in."""
    said = package.metadata
    items = [*said.get("depends", ()), *said.get("imports", ()), *said.get("linkingTo", ())]
    return {match[0] for item in items if (match := _NAME.match(item)) and match[0] != "R"}
