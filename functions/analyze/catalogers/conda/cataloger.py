"""Making packages of the records of environments."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION, content
from cargohold.model import License, Package, Relationship
from cargohold.paths import to_text
from cargohold.purl import purl

_LIMIT = 16 << 20
_PATH = rb"(?:.*/)?conda-meta/[^/]+\.json"
_ENVIRONMENT = re.compile(rb"(?P<prefix>(?:.*/)?)conda-meta/[^/]+", re.DOTALL)
_DEPENDENCY = re.compile(r"(?:[^:\s]*::)?([^\s<>=!~;\[]+)")
_ARCHIVE = re.compile(r"\.(tar\.bz2|conda)$")


class CondaCataloger:
    """Packages of Conda environments. Facts: `detail["package"]`, see `record`."""

    name = "conda"
    version = 1

    def patterns(self) -> Patterns:
        """Want the records of environments."""
        return Patterns(paths=(_PATH,), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it names no package."""
        from analyze.catalogers.conda.record import package as read

        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        try:
            package = read(loads(data))
        except ValueError as error:
            return Facts(unknowns=[f"no JSON: {str(error)[:200]}"])
        if package is None:
            return None
        key = {
            "name": package["name"],
            "version": package.get("version", UNKNOWN_VERSION),
            "build": package.get("build", ""),
        }
        return Facts([key], {"package": package})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(key, evidence.facts.detail["package"], evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what a package depends on to it, within one environment."""
        ids = {(_prefix(package), package.name): package.id for package in packages}
        for package in packages:
            prefix = _prefix(package)
            names = {match[1] for one in package.metadata.get("depends", ()) if (match := _DEPENDENCY.match(one))}
            for dependency in sorted({ids.get((prefix, name), "") for name in names} - {"", package.id}):
                yield Relationship(dependency, package.id, "dependency-of")


def _package(key: dict[str, Any], record: dict[str, Any], evidence: FileFacts) -> Package:
    at = location(evidence)
    match = _ENVIRONMENT.fullmatch(evidence.path)
    prefix = "/" + to_text(match["prefix"] if match else b"")
    licence = record.get("license", "")
    subdir = record.get("subdir", "")
    archive = _ARCHIVE.search(record.get("fn", "") or record.get("url", ""))
    return Package(
        cataloger="conda",
        type="conda",
        name=key["name"],
        version=key["version"],
        purl=purl(
            "conda",
            "",
            key["name"],
            record.get("version", ""),
            {
                "build": record.get("build", ""),
                "channel": _channel(record.get("channel", ""), subdir),
                "subdir": subdir,
                "type": archive[1] if archive else "",
            },
        ),
        architecture=record.get("arch", ""),
        licenses=(License(licence, expression(licence), path=at.path),) if licence else (),
        locations=(at,),
        files=tuple(prefix + path.lstrip("/") for path in record.get("files", ())),
        metadata_type="conda-metadata-entry",
        metadata={field: value for field, value in record.items() if field != "files"},
    )


def _channel(channel: str, subdir: str) -> str:
    """Return the name of a channel that is a name or the address of one, `https://conda.anaconda.org/NAME/SUBDIR`."""
    parts = [part for part in channel.split("/") if part]
    if parts and parts[-1] == subdir:
        parts.pop()
    return parts[-1] if parts else ""


def _prefix(package: Package) -> str:
    return package.locations[0].path.rpartition("/")[0] if package.locations else ""
