"""The sections of an SPDX 2.3 document, as its JSON schema names their fields.

Source: spdx.github.io/spdx-spec/v2.3, clauses 6, 7, 10, 11 and 12. Sections are read in the order of the
methods: licences that need a text of their own are known when the packages have been read.
"""

from collections.abc import Iterator
from typing import Any

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.facts import image
from api.formats.facts.entities import creator
from api.formats.facts.licenses import LIST_VERSION, References
from api.formats.spdx import packages
from cargohold import __version__
from cargohold.model import Relationship, Scope

TOOL = f"Tool: cargohold-{__version__}"
DOCUMENT, IMAGE, SYSTEM = "SPDXRef-DOCUMENT", "SPDXRef-Image", "SPDXRef-OperatingSystem"
_OWNERSHIP = (
    "ownership-by-file-overlap: the first package claims files of the second as its own, because the second is "
    "evident in files that belong to the first"
)


class Document:
    """One document, section by section."""

    def __init__(self, reader: AnalysisReader, request: Request) -> None:
        self._reader = reader
        self._request = request
        self._references = References()
        self._scopes: dict[str, Scope] = {}
        self._created = image.created(reader.analysis) or image.EPOCH

    def head(self) -> dict[str, Any]:
        """Return the document's own fields."""
        analysis, request = self._reader.analysis, self._request
        identity = image.document_id(analysis, request, "spdx")
        maker = [f"Organization: {request.creator}"] if request.creator else []
        if (person := creator(request.creator)) is not None:
            maker = [f"Person: {person.email} ({person.email})"]
        return {
            "spdxVersion": f"SPDX-{request.version}",
            "dataLicense": "CC0-1.0",
            "SPDXID": DOCUMENT,
            "name": " ".join(image.name(analysis, request).split()),
            "documentNamespace": f"https://spdx.org/spdxdocs/cargohold-{identity}",
            "creationInfo": {
                "created": self._created,
                "creators": [*maker, TOOL],
                "licenseListVersion": LIST_VERSION,
            },
            "comment": f"scope: {request.scope}; catalog version: {analysis.catalog_version}",
        }

    def packages(self) -> Iterator[dict[str, Any]]:
        """Yield the image, its operating system and its packages."""
        analysis = self._reader.analysis
        yield packages.image_package(IMAGE, analysis, self._request)
        if analysis.distro.id:
            yield packages.system_package(SYSTEM, analysis.distro)
        layers = [layer.diff_id for layer in analysis.layers]
        for package in self._reader.packages():
            self._scopes[package.id] = package.scope
            yield packages.package(_reference(package.id), package, layers, self._references)

    def annotations(self) -> Iterator[dict[str, str]]:
        """Yield what could not be read, as annotations of the document."""
        for unknown in self._reader.unknowns():
            place = f"{unknown.path or 'the image'} (layer {unknown.layer}, {unknown.cataloger})"
            yield {
                "annotator": TOOL,
                "annotationDate": self._created,
                "annotationType": "OTHER",
                "comment": f"unknown: {place}: {unknown.reason}",
            }

    def relationships(self) -> Iterator[dict[str, str]]:
        """Yield what the image has and what its packages have to do with each other."""
        yield _relationship(DOCUMENT, "DESCRIBES", IMAGE)
        if self._reader.analysis.distro.id:
            yield _relationship(IMAGE, "CONTAINS", SYSTEM)
        for identifier, scope in self._scopes.items():
            if scope is Scope.DECLARED:
                yield _relationship(IMAGE, "OTHER", _reference(identifier), "declared: named by a file, not installed")
            else:
                yield _relationship(IMAGE, "CONTAINS", _reference(identifier))
        for relation in self._reader.relationships():
            yield _related(relation)

    def extracted(self) -> Iterator[dict[str, str]]:
        """Yield the licences that are not on SPDX's list."""
        for name, text in sorted(self._references.texts.items()):
            yield {"licenseId": name, "extractedText": text, "name": "NOASSERTION"}


def _reference(identifier: str) -> str:
    return f"SPDXRef-Package-{identifier}"


def _related(relation: Relationship) -> dict[str, str]:
    ends = _reference(relation.parent), _reference(relation.child)
    if relation.kind == "dependency-of":
        return _relationship(ends[0], "DEPENDENCY_OF", ends[1])
    if relation.kind == "contains":
        return _relationship(ends[0], "CONTAINS", ends[1])
    comment = _OWNERSHIP if relation.kind == "ownership-by-file-overlap" else relation.kind
    return _relationship(ends[0], "OTHER", ends[1], comment)


def _relationship(one: str, kind: str, other: str, comment: str = "") -> dict[str, str]:
    row = {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
    return row | {"comment": comment} if comment else row
