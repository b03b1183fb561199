"""`spdx-tag-value`: SPDX 2.3 as text, a tag and its value a line.

Source: spdx.github.io/spdx-spec/v2.3, the tag of each field. Values out of an image are made one line, or
stand in `<text>`, whose end they cannot write themselves.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.spdx.document import DOCUMENT, Document

_PACKAGE = {
    "name": "PackageName",
    "SPDXID": "SPDXID",
    "versionInfo": "PackageVersion",
    "packageFileName": "PackageFileName",
    "supplier": "PackageSupplier",
    "originator": "PackageOriginator",
    "downloadLocation": "PackageDownloadLocation",
    "primaryPackagePurpose": "PrimaryPackagePurpose",
    "homepage": "PackageHomePage",
    "sourceInfo": "PackageSourceInfo",
    "licenseConcluded": "PackageLicenseConcluded",
    "licenseDeclared": "PackageLicenseDeclared",
    "copyrightText": "PackageCopyrightText",
    "description": "PackageDescription",
    "comment": "PackageComment",
}
_TEXTS = frozenset({"sourceInfo", "description", "comment"})


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:
    """Yield the document, streamed."""
    document = Document(reader, request)
    head = document.head()
    lines = [
        ("SPDXVersion", head["spdxVersion"]),
        ("DataLicense", head["dataLicense"]),
        ("SPDXID", head["SPDXID"]),
        ("DocumentName", head["name"]),
        ("DocumentNamespace", head["documentNamespace"]),
        ("DocumentComment", _Text(head["comment"])),
        ("LicenseListVersion", head["creationInfo"]["licenseListVersion"]),
        *(("Creator", creator) for creator in head["creationInfo"]["creators"]),
        ("Created", head["creationInfo"]["created"]),
    ]
    yield _paragraph(lines)
    yield from (_paragraph(_package(row)) for row in document.packages())
    yield from (_paragraph(_annotation(row)) for row in document.annotations())
    for row in document.relationships():
        yield _paragraph(_relationship(row))
    for row in document.extracted():
        yield _paragraph([("LicenseID", row["licenseId"]), ("ExtractedText", _Text(row["extractedText"]))])


def _package(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, tag in _PACKAGE.items():
        if field in row:
            yield tag, _Text(row[field]) if field in _TEXTS else row[field]
        if field == "downloadLocation":
            yield "FilesAnalyzed", "false"
            for checksum in row.get("checksums", ()):
                yield "PackageChecksum", f"{checksum['algorithm']}: {checksum['checksumValue']}"
    for one in row.get("externalRefs", ()):
        yield "ExternalRef", f"{one['referenceCategory']} {one['referenceType']} {one['referenceLocator']}"


def _annotation(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "Annotator", row["annotator"]
    yield "AnnotationDate", row["annotationDate"]
    yield "AnnotationType", row["annotationType"]
    yield "SPDXREF", DOCUMENT
    yield "AnnotationComment", _Text(row["comment"])


def _relationship(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "Relationship", f"{row['spdxElementId']} {row['relationshipType']} {row['relatedSpdxElement']}"
    if "comment" in row:
        yield "RelationshipComment", _Text(row["comment"])


class _Text(str):
    """A value of several lines."""

    __slots__ = ()


def _paragraph(lines: Iterable[tuple[str, str]]) -> bytes:
    written = []
    for tag, value in lines:
        safe = value.replace("<text>", "< text>").replace("</text>", "</ text>")
        value = f"<text>{safe}</text>" if isinstance(value, _Text) else " ".join(safe.split())
        written.append(f"{tag}: {value}\n")
    return "".join([*written, "\n"]).encode()
