"""Telling which format a document has, and reading it."""

from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.sbom import cyclonedx, cyclonedx_xml, spdx, syft
from analyze.catalogers.sbom.components import Components, text
from analyze.catalogers.text import decoded


def looks_like(head: bytes) -> str:
    """Return json, xml or tag-value for a document that begins so, or ""."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return "json"
    if start.startswith(b"<"):
        return "xml" if b"cyclonedx.org/schema/bom" in head else ""
    return "tag-value" if b"SPDXVersion:" in head else ""


def read(data: bytes, kind: str, found: Components) -> str:
    """Add the components of a document; return its format, or "" when it is no bill of materials.

    Raises `ValueError` when it is not JSON or XML.
    """
    if kind == "tag-value":
        spdx.tag_value(decoded(data), found)
        return "spdx-tag-value"
    if kind == "xml":
        cyclonedx_xml.read(data, found)
        return "cyclonedx-xml"
    document = loads(data)
    return _json(document, found) if isinstance(document, dict) else ""


def _json(document: dict[str, Any], found: Components) -> str:
    predicate = document.get("predicate")
    if isinstance(predicate, dict) and "predicateType" in document:  # the statement of an in-toto attestation
        document = predicate
    if text(document.get("spdxVersion")).startswith("SPDX-"):
        spdx.version_2(document, found)
        return "spdx-json"
    if text(document.get("bomFormat")) == "CycloneDX":
        cyclonedx.read(document, found)
        return "cyclonedx-json"
    schema = document.get("schema")
    if isinstance(document.get("artifacts"), list) and isinstance(schema, dict) and "syft" in text(schema.get("url")):
        syft.read(document, found)
        return "syft-json"
    if "spdx.org/rdf/3" in text(document.get("@context")):
        spdx.version_3(document, found)
        return "spdx-json"
    return ""
