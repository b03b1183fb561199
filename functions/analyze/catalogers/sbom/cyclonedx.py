"""CycloneDX documents in JSON.

Source: the JSON schemas 1.2 to 1.6 of CycloneDX/specification.
"""

from collections import deque
from typing import Any

from analyze.catalogers.sbom.components import Components, items, text


def read(document: dict[str, Any], found: Components) -> None:
    """Read the component that a document is about, and its components with those inside them."""
    metadata = document.get("metadata")
    subject = metadata.get("component") if isinstance(metadata, dict) else None
    waiting = deque([*items([subject]), *items(document.get("components"))])
    while waiting:
        component = waiting.popleft()
        found.add(component.get("purl"), component.get("version"), _licenses(component), [component.get("cpe")])
        waiting += items(component.get("components"))


def _licenses(component: dict[str, Any]) -> list[str]:
    names = []
    for one in items(component.get("licenses")):
        license_ = one.get("license")
        license_ = license_ if isinstance(license_, dict) else {}
        names.append(text(one.get("expression")) or text(license_.get("id")) or text(license_.get("name")))
    return names
