"""Making packages of an apk database."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from analyze.catalogers.apk.installed import installed
from analyze.catalogers.apk.repositories import release
from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import Lookup, location, sightings
from analyze.catalogers.prototypes import finding
from analyze.catalogers.providers import Providers
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons, content, decoded
from cargohold.model import Distro, License, Package, Relationship
from cargohold.purl import distro_qualifier, purl, upstream_qualifier

_LIMIT = 16 << 20
_DATABASE = re.compile(rb"((?:.*/)?)lib/apk/db/installed", re.DOTALL)
_REPOSITORIES = re.compile(rb"(?:.*/)?etc/apk/repositories", re.DOTALL)
_DEPENDENCY_NAME = re.compile(r"[^<>=~!@]+")


class ApkCataloger:
    """Packages that apk installed, with their files.

    Facts: `detail["kind"]` is installed, with `packages` (see `installed`), or repositories, with `release`.
    """

    name: ClassVar[str] = "apk"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want the database and the list of repositories."""
        return Patterns(basenames=frozenset({b"installed", b"repositories"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one of them; None when it lies elsewhere."""
        is_database = _DATABASE.fullmatch(file.path) is not None
        if not is_database and _REPOSITORIES.fullmatch(file.path) is None:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        if not is_database:
            return Facts(detail={"kind": "repositories", "release": release(decoded(data))})
        reasons = Reasons()
        packages = installed(data, reasons)
        return Facts(
            [
                {
                    "name": one["package"],
                    "version": one.get("version") or UNKNOWN_VERSION,
                    "architecture": one.get("architecture", ""),
                }
                for one in packages
            ],
            {"kind": "installed", "packages": packages},
            reasons.listed(),
        )

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the packages of each database."""
        lookup = Lookup(view, self.name)
        databases = [found for found in lookup.found if found.facts.detail.get("kind") == "installed"]
        distros = {found.path: _distro(view.distro, lookup, found) for found in databases}
        for evidence, position, key in sightings(view, self.name, databases):
            distro = distros[evidence.path]
            make = partial(_package, evidence.facts.detail["packages"][position], distro, evidence)
            yield finding(evidence, position, key, make, (distro,))

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what a package depends on (names, `so:`, `cmd:` and `pc:` tokens) to it, within one database."""
        providers = Providers()
        for package in packages:
            at = package.locations[0].path if package.locations else ""
            providers.add(package.id, at, [package.name, *_names(package.metadata.get("provides", ()))])
        for package in packages:
            at = package.locations[0].path if package.locations else ""
            yield from providers.relations(package.id, at, _names(package.metadata.get("pullDependencies", ())))


def _package(record: dict[str, Any], distro: Distro | None, evidence: FileFacts) -> Package:
    name, version = record["package"], record.get("version", "")
    architecture, origin = record.get("architecture", ""), record.get("originPackage", "")
    namespace = distro.id.lower() if distro is not None else ""
    at = location(evidence)
    return Package(
        cataloger="apk",
        type="apk",
        name=name,
        version=version or UNKNOWN_VERSION,
        purl=purl(
            "apk",
            namespace,
            name,
            version,
            {"arch": architecture, "distro": distro_qualifier(distro), "upstream": upstream_qualifier(name, origin)},
        ),
        namespace=namespace,
        architecture=architecture,
        source_name=origin or name,
        source_version=version or UNKNOWN_VERSION,
        licenses=_licenses(record.get("license", ""), at.path),
        locations=(at,),
        files=tuple(record.get("files", ())),
        metadata_type="apk-db-entry",
        metadata={key: value for key, value in record.items() if key not in ("files", "license")},
    )


def _licenses(value: str, path: str) -> tuple[License, ...]:
    """Take the whole field when it is an expression, else word by word: older packages list names."""
    if not value:
        return ()
    whole = expression(value)
    values = [value] if whole else [word for word in value.split() if word.upper() not in ("AND", "OR")]
    return tuple(License(word, whole or expression(word), path=path) for word in dict.fromkeys(values))


def _distro(distro: Distro | None, lookup: Lookup, evidence: FileFacts) -> Distro | None:
    """Return the image's distro, or Alpine's release as the repositories beside the database name it."""
    if distro is not None and distro.id:
        return distro
    match = _DATABASE.fullmatch(evidence.path)
    root = match[1].removesuffix(b"usr/") if match else b""
    found = lookup.at(root + b"etc/apk/repositories", evidence)
    version = "" if found is None else found.facts.detail.get("release", "")
    return Distro(id="alpine", version_id=version) if version else distro


def _names(items: Sequence[str]) -> list[str]:
    """Return names without version constraints. Conflicts (`!name`) are not dependencies."""
    return [match[0] for item in items if (match := _DEPENDENCY_NAME.match(item))]
