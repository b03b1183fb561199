"""Packages made of pacman's records, and the relations among them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from analyze.catalogers.alpm import mtree
from analyze.catalogers.contract import FileFacts
from analyze.catalogers.lookup import location
from analyze.catalogers.providers import Providers
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION
from cargohold.model import Distro, License, Package, Relationship
from cargohold.purl import distro_qualifier, purl

_NAME = re.compile(r"[^<>]+?(?=[<>]=?|$)")


def package(evidence: FileFacts, files: FileFacts | None, listed: FileFacts | None, distro: Distro | None) -> Package:
    """Return the package of a desc; `files` and `listed` (its mtree) are what lies beside it."""
    record = evidence.facts.detail["package"]
    name, version = record["package"], record.get("version", "")
    at = location(evidence)
    metadata = {key: value for key, value in record.items() if key != "licenses"}
    owned: list[str] = []
    if listed is not None:
        columns = listed.facts.detail["files"]
        metadata["files"] = mtree.records(columns)
        owned = mtree.paths(columns)
    if files is not None:
        owned = files.facts.detail["files"] or owned
        metadata["backup"] = [
            {"path": path, "digest": [{"algorithm": "md5", "value": digest}]}
            for path, digest in files.facts.detail["backup"]
        ]
    base = record.get("basepackage", "")
    return Package(
        cataloger="alpm",
        type="alpm",
        name=name,
        version=version or UNKNOWN_VERSION,
        purl=_purl(record, distro),
        namespace=_namespace(distro),
        architecture=record.get("architecture", ""),
        source_name=base or name,
        source_version=version,
        licenses=tuple(License(value, expression(value, "alpm"), path=at.path) for value in record.get("licenses", ())),
        locations=(at, *(location(one, "supporting") for one in (files, listed) if one is not None)),
        files=tuple(owned),
        metadata_type="alpm-db-entry",
        metadata={key: value for key, value in metadata.items() if value},
    )


def _namespace(distro: Distro | None) -> str:
    """Return the namespace: Arch Linux, or one of those that call themselves like it."""
    if distro is None or not (distro.id == "arch" or "arch" in distro.id_like):
        return ""
    return distro.id.lower()


def _purl(record: dict[str, Any], distro: Distro | None) -> str:
    """As Syft writes it for Arch, and as the purl specification has it for what is like it (`alpm/manjaro`)."""
    namespace = _namespace(distro)
    name, version = record["package"], record.get("version", "")
    if not namespace:
        return purl("generic", "", name, version)
    qualifiers = {
        "arch": record.get("architecture", ""),
        "distro": distro_qualifier(distro),
        "upstream": record.get("basepackage", ""),
    }
    return purl("alpm", namespace, name, version, qualifiers)


def relations(packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for each package that is, or provides, what another depends on.

    `name=version` has to be provided so; other constraints on versions do not count, as for the package
    managers of other distributions. Databases are kept apart.
    """
    providers = Providers()
    for one in packages:
        exact = f"{one.name}={one.version}"
        names = [one.name, exact, exact.rpartition("-")[0]]
        for item in one.metadata.get("provides", ()):
            names += [item, item.partition("=")[0].strip()]
        providers.add(one.id, _database(one), names)
    for one in packages:
        wanted = [match[0] for item in one.metadata.get("depends", ()) if (match := _NAME.match(item))]
        yield from providers.relations(one.id, _database(one), wanted)


def _database(package: Package) -> str:
    return package.locations[0].path.rsplit("/", 2)[0] if package.locations else ""
