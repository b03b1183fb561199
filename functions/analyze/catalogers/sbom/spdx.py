"""SPDX documents: JSON and tag-value of version 2, JSON-LD of version 3.

Source: the SPDX specifications 2.3 (clause 7 and annexes B and F) and 3.0 (Core and Software profiles).
"""

import re
from typing import Any

from analyze.catalogers.sbom.components import Components, items, text

_TAG = re.compile(r"^([A-Za-z]{1,40}):[ \t]*+(.*)$", re.MULTILINE)


def version_2(document: dict[str, Any], found: Components) -> None:
    """Read the packages of a JSON document."""
    for package in items(document.get("packages")):
        purls = references(package, "purl")
        cpes = [*references(package, "cpe23Type"), *references(package, "cpe22Type")]
        licenses = (package.get("licenseDeclared"), package.get("licenseConcluded"))
        for purl in purls:
            found.add(purl, package.get("versionInfo"), licenses, cpes)


def references(package: dict[str, Any], kind: str) -> list[str]:
    """Return the locators of a package's external references of a kind."""
    return [
        text(one.get("referenceLocator"))
        for one in items(package.get("externalRefs"))
        if text(one.get("referenceType")).rpartition("/")[2] == kind
    ]


def version_3(document: dict[str, Any], found: Components) -> None:
    """Read the packages among the elements of a JSON-LD document."""
    for element in items(document.get("@graph")):
        if text(element.get("type")) not in ("software_Package", "software:Package"):
            continue
        version = element.get("software_packageVersion")
        purls = [element.get("software_packageUrl")]
        cpes = []
        for identifier in items(element.get("externalIdentifier")):
            kind = text(identifier.get("externalIdentifierType"))
            if kind == "packageUrl":
                purls.append(identifier.get("identifier"))
            elif kind.startswith("cpe2"):
                cpes.append(identifier.get("identifier"))
        for purl in purls:
            found.add(purl, version, (), cpes)


def tag_value(document: str, found: Components) -> None:
    """Read the packages of a tag-value document; a package ends where the next package, file or snippet begins."""
    package = _Package()
    for match in _TAG.finditer(_without_texts(document)):
        tag, value = match.groups()
        if tag in ("PackageName", "FileName", "SnippetSPDXID", "LicenseID"):
            package.end(found)
            package = _Package()
        elif tag == "PackageVersion":
            package.version = value
        elif tag in ("PackageLicenseDeclared", "PackageLicenseConcluded"):
            package.licenses.append(value)
        elif tag == "ExternalRef":
            package.refer(value)
    package.end(found)


def _without_texts(document: str) -> str:
    """Leave out the values of several lines, which may look like tags."""
    parts = []
    position = 0
    while (start := document.find("<text>", position)) >= 0:
        parts.append(document[position:start])
        end = document.find("</text>", start)
        if end < 0:
            return "".join(parts)
        position = end + len("</text>")
    return "".join([*parts, document[position:]])


class _Package:
    def __init__(self) -> None:
        self.version = ""
        self.licenses: list[str] = []
        self.purls: list[str] = []
        self.cpes: list[str] = []

    def refer(self, reference: str) -> None:
        """Note an external reference: category, type and locator between blanks."""
        words = reference.split()
        if len(words) > 2 and words[1] == "purl":
            self.purls.append(words[2])
        elif len(words) > 2 and words[1].startswith("cpe2"):
            self.cpes.append(words[2])

    def end(self, found: Components) -> None:
        for purl in self.purls:
            found.add(purl, self.version, self.licenses, self.cpes)
