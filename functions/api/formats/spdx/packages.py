"""Packages of SPDX 2.3: the image, its operating system, and what is in it."""

from collections.abc import Iterable, Sequence
from typing import Any

from api.formats import Request
from api.formats.facts import image
from api.formats.facts.artifacts import artifact
from api.formats.facts.cpes import package_cpe, system_cpe
from api.formats.facts.entities import Entity, authors, supplier
from api.formats.facts.hashes import Hash, of_digest
from api.formats.facts.licenses import References, stated
from api.formats.facts.links import links
from cargohold.documents.analysis import Analysis, DistroEntry
from cargohold.model import Package

NOTHING = "NOASSERTION"
_PURPOSES = {"binary": "APPLICATION", "java-archive": "LIBRARY", "linux-kernel-module": "DEVICE"}


def image_package(reference: str, analysis: Analysis, request: Request) -> dict[str, Any]:
    """Return the package that stands for the image."""
    return _package(
        reference,
        image.name(analysis, request),
        analysis.image,
        checksums=_checksums(of_digest(image.digest(analysis))),
        purl=image.image_purl(analysis, request),
        primaryPackagePurpose="CONTAINER",
        sourceInfo="layers: " + ", ".join(layer.diff_id for layer in analysis.layers),
    )


def system_package(reference: str, distro: DistroEntry) -> dict[str, Any]:
    """Return the package that stands for the operating system."""
    return _package(
        reference,
        distro.id,
        distro.version_id,
        description=distro.pretty_name,
        cpe=system_cpe(distro),
        primaryPackagePurpose="OPERATING-SYSTEM",
        sourceInfo=f"read from {distro.path}" if distro.path else "",
    )


def package(reference: str, found: Package, layers: Sequence[str], references: References) -> dict[str, Any]:
    """Return a package; `references` collects the licences that SPDX has no identifier for."""
    said = stated(found)
    file = artifact(found, frozenset())
    whole = links(found)
    by, wrote = supplier(found), authors(found)
    description = found.metadata.get("description")
    return _package(
        reference,
        found.name,
        found.version,
        packageFileName=file.filename,
        supplier=_actor(by) if by else "",
        originator=_actor(wrote[0]) if wrote else "",
        downloadLocation=whole.distribution,
        homepage=whole.website,
        checksums=_checksums([*file.hashes, *whole.hashes]),
        sourceInfo=source_info(found),
        licenseConcluded=references.expression([one for one in said if one.acknowledgement == "concluded"]),
        licenseDeclared=references.expression([one for one in said if one.acknowledgement == "declared"]),
        description=description if isinstance(description, str) else "",
        comment=comment(found, layers),
        cpe=package_cpe(found),
        purl=found.purl,
        primaryPackagePurpose=_PURPOSES.get(found.type, ""),
    )


def _package(
    reference: str, name: str, version: str, *, purl: str = "", cpe: str = "", **fields: Any
) -> dict[str, Any]:
    external = [
        {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}
        for category, kind, locator in (("SECURITY", "cpe23Type", cpe), ("PACKAGE-MANAGER", "purl", purl))
        if locator
    ]
    row = {
        "SPDXID": reference,
        "name": name,
        "versionInfo": version,
        "filesAnalyzed": False,
        "copyrightText": NOTHING,
        **fields,
        "externalRefs": external,
    }
    for field in ("downloadLocation", "licenseConcluded", "licenseDeclared"):
        row[field] = fields.get(field) or NOTHING
    return {field: value for field, value in row.items() if value or value is False}


def source_info(found: Package) -> str:
    """Say which cataloger found a package, and where."""
    paths = dict.fromkeys(place.path for place in found.locations)
    return f"{found.cataloger} read {', '.join(paths)}" if paths else ""


def comment(found: Package, layers: Sequence[str]) -> str:
    """Say what SPDX has no field for: scope, layer, the command that made it, the source package."""
    lines = [f"scope: {found.scope.value}"]
    if found.origin_layer is not None:
        lines.append(f"origin layer: {layers[found.origin_layer]}")
    if found.created_by:
        lines.append(f"created by: {found.created_by}")
    if found.source_name:
        lines.append("source: " + "@".join(part for part in (found.source_name, found.source_version) if part))
    return "\n".join(lines)


def _actor(entity: Entity) -> str:
    kind = "Organization" if entity.organization else "Person"
    # What stands between brackets is the address.
    name = " ".join((entity.name or entity.email).replace("(", " ").replace(")", " ").split())
    return f"{kind}: {name} ({entity.email})" if entity.email else f"{kind}: {name}" if name else ""


def _checksums(hashes: Iterable[Hash]) -> list[dict[str, str]]:
    return [{"algorithm": one.algorithm.upper(), "checksumValue": one.value} for one in dict.fromkeys(hashes)]
