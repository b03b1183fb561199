"""Packages of SPDX 3, with their files, licences and the people whom they name."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from api.formats import Request
from api.formats.facts import image
from api.formats.facts.artifacts import Artifact, artifact
from api.formats.facts.cpes import package_cpe, system_cpe
from api.formats.facts.entities import Entity, authors, supplier
from api.formats.facts.hashes import Hash, of_digest
from api.formats.facts.licenses import LIST_VERSION, References, stated
from api.formats.facts.links import links
from api.formats.spdx.packages import comment, source_info
from api.formats.spdx.v3_elements import Elements
from cargohold.documents.analysis import Analysis, DistroEntry
from cargohold.model import Package

_PURPOSES = {"binary": "application", "linux-kernel-module": "deviceDriver"}


class Packages:
    """Makes the elements of packages. `executables` are the paths of an image that can be run."""

    def __init__(self, elements: Elements, layers: Sequence[str], executables: frozenset[str]) -> None:
        self._elements = elements
        self._layers = layers
        self._executables = executables
        self._references = References()

    def image(self, identifier: str, analysis: Analysis, request: Request) -> dict[str, Any]:
        """Return the package that stands for the image."""
        return self._package(
            identifier,
            name=image.name(analysis, request),
            software_packageVersion=analysis.image,
            software_primaryPurpose="container",
            software_sourceInfo="layers: " + ", ".join(self._layers),
            verifiedUsing=_hashes(of_digest(image.digest(analysis))),
            purl=image.image_purl(analysis, request),
        )

    def system(self, identifier: str, distro: DistroEntry) -> dict[str, Any]:
        """Return the package that stands for the operating system."""
        return self._package(
            identifier,
            name=distro.id,
            software_packageVersion=distro.version_id,
            software_primaryPurpose="operatingSystem",
            description=distro.pretty_name,
            cpe=system_cpe(distro),
        )

    def elements(self, identifier: str, name: str, package: Package) -> Iterator[dict[str, Any]]:
        """Yield a package and whatever it refers to that is not written yet."""
        whole = links(package)
        file = artifact(package, self._executables)
        by = supplier(package)
        suppliers, supplied = self._agents([by] if by else [])
        writers, written = self._agents(authors(package))
        yield from (*supplied, *written)
        source = [{"type": "ExternalRef", "externalRefType": "vcs", "locator": [whole.source]}]
        description = package.metadata.get("description")
        yield self._package(
            identifier,
            name=package.name,
            software_packageVersion=package.version,
            software_primaryPurpose=_PURPOSES.get(package.type, "library"),
            software_additionalPurpose=["executable"] if file.executable else [],
            software_downloadLocation=whole.distribution,
            software_homePage=whole.website,
            software_sourceInfo=source_info(package),
            suppliedBy=suppliers[0] if suppliers else "",
            originatedBy=writers,
            description=description if isinstance(description, str) else "",
            comment=comment(package, self._layers),
            verifiedUsing=_hashes([*file.hashes, *whole.hashes]),
            externalRef=source if whole.source else [],
            purl=package.purl,
            cpe=package_cpe(package),
        )
        if file.filename:
            yield self._file(name, file)
            target = [self._elements.identifier(f"{name}-file")]
            yield self._elements.relationship(f"{name}-is-file", identifier, "hasDistributionArtifact", target)
        yield from self._licenses(identifier, name, package)

    def _package(self, identifier: str, *, purl: str = "", cpe: str = "", **fields: Any) -> dict[str, Any]:
        known = [
            {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": value}
            for kind, value in (("packageUrl", purl), ("cpe23", cpe))
            if value
        ]
        name = identifier.rpartition("#")[2]
        fields |= {"software_packageUrl": purl, "externalIdentifier": known}
        return self._elements.element("software_Package", name, **fields)

    def _file(self, name: str, file: Artifact) -> dict[str, Any]:
        purposes = [word for word in ("executable", "archive") if getattr(file, word)]
        return self._elements.element(
            "software_File",
            f"{name}-file",
            name=file.filename,
            comment=f"path: {file.path}",
            software_primaryPurpose=purposes[0] if purposes else "",
            software_additionalPurpose=purposes,
            verifiedUsing=_hashes(file.hashes),
        )

    def _agents(self, found: Iterable[Entity]) -> tuple[list[str], list[dict[str, Any]]]:
        identifiers: list[str] = []
        new: list[dict[str, Any]] = []
        for one in found:
            identifier, element = self._elements.agent(one)
            if identifier not in identifiers:
                identifiers.append(identifier)
            new += element
        return identifiers, new

    def _licenses(self, identifier: str, name: str, package: Package) -> Iterator[dict[str, Any]]:
        said = stated(package)
        for kind, relation in (("declared", "hasDeclaredLicense"), ("concluded", "hasConcludedLicense")):
            expression = self._references.expression([one for one in said if one.acknowledgement == kind])
            if not expression:
                continue
            license_name = f"License-{sha256(expression.encode()).hexdigest()[:16]}"
            if not self._elements.is_written(license_name):
                yield from self._license(license_name, expression)
            target = [self._elements.identifier(license_name)]
            yield self._elements.relationship(f"{name}-{kind}-license", identifier, relation, target)

    def _license(self, name: str, expression: str) -> Iterator[dict[str, Any]]:
        custom = []
        for reference, text in sorted(self._references.named_in(expression)):
            custom.append({"type": "DictionaryEntry", "key": reference, "value": self._elements.identifier(reference)})
            if not self._elements.is_written(reference):
                kind = "simplelicensing_SimpleLicensingText"
                yield self._elements.element(kind, reference, simplelicensing_licenseText=text)
        yield self._elements.element(
            "simplelicensing_LicenseExpression",
            name,
            simplelicensing_licenseExpression=expression,
            simplelicensing_licenseListVersion=f"{LIST_VERSION}.0",
            simplelicensing_customIdToUri=custom,
        )


def _hashes(hashes: Iterable[Hash]) -> list[dict[str, str]]:
    return [{"type": "Hash", "algorithm": one.algorithm, "hashValue": one.value} for one in dict.fromkeys(hashes)]
