"""Packages made of records, and the relations among them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from analyze.catalogers.contract import FileFacts
from analyze.catalogers.lookup import location
from analyze.catalogers.providers import Providers
from analyze.catalogers.rpm import files
from analyze.catalogers.rpm.records import version
from analyze.catalogers.spdx import expression
from analyze.catalogers.sqlite import LOG
from analyze.catalogers.text import UNKNOWN_VERSION
from cargohold.model import Distro, License, Package, Relationship
from cargohold.purl import distro_qualifier, purl

_SOURCE = re.compile(r"(.+)-([^-]+-[^-]+?)\.(?:no)?src\.rpm")
_NAMESPACES = {"rhel": "redhat", "hummingbird": "redhat"}


def package(record: dict[str, Any], evidence: FileFacts) -> Package:
    """Return the package of a record, without what the distribution adds to its purl: see `distributed`."""
    at = location(evidence)
    shown = version(record)
    source = _SOURCE.fullmatch(record.get("sourceRpm", ""))
    license_ = record.get("license", "")
    columns = record.get("files", {})
    owned = files.paths(columns)
    metadata = {key: value for key, value in record.items() if key not in ("license", "files")}
    if columns:
        metadata["files"] = files.records(columns, owned)
    return Package(
        cataloger="rpm",
        type="rpm",
        name=record["name"],
        version=shown or UNKNOWN_VERSION,
        purl=_purl(record, "", ""),
        architecture=record.get("architecture", ""),
        source_name=source[1] if source else record["name"],
        source_version=source[2] if source else shown,
        licenses=(License(license_, expression(license_, "rpm"), path=at.path),) if license_ else (),
        locations=(at,),
        files=tuple(owned),
        metadata_type="rpm-db-entry",
        metadata=metadata,
    )


def distributed(package: Package, record: dict[str, Any], distro: Distro | None) -> Package:
    """Put the distribution into a package's purl and namespace."""
    identifier = distro.id if distro is not None else ""
    package.namespace = "opensuse" if identifier.startswith("opensuse") else _NAMESPACES.get(identifier, identifier)
    package.purl = _purl(record, package.namespace, distro_qualifier(distro))
    return package


def _purl(record: dict[str, Any], namespace: str, distro: str) -> str:
    """As Syft writes it: the epoch is a qualifier, even 0, and upstream is the file name of the source package."""
    return purl(
        "rpm",
        namespace,
        record["name"],
        version({key: value for key, value in record.items() if key != "epoch"}),
        {
            "arch": record.get("architecture", ""),
            "distro": distro,
            "epoch": str(record.get("epoch", "")),
            "upstream": record.get("sourceRpm", ""),
        },
    )


def relations(packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for each package that provides, or owns the file, that another requires.

    Versions do not count and rich dependencies are left out, as in Syft. Databases are kept apart.
    """
    wanted = {name for one in packages for name in _names(one, "requires")}
    providers = Providers()
    for one in packages:
        providers.add(one.id, _database(one), {one.name, *_names(one, "provides"), *one.files} & wanted)
    for one in packages:
        yield from providers.relations(one.id, _database(one), _names(one, "requires"))


def _names(package: Package, field: str) -> list[str]:
    return [name for name in package.metadata.get(field, ()) if not name.startswith("(")]


def _database(package: Package) -> str:
    return package.locations[0].path.removesuffix(LOG.decode()) if package.locations else ""
