"""Syft's own JSON.

Source: schema/json of anchore/syft, versions 1 to 16.
"""

from typing import Any

from analyze.catalogers.sbom.components import Components, items


def read(document: dict[str, Any], found: Components) -> None:
    """Read the artifacts of a document."""
    for artifact in items(document.get("artifacts")):
        found.add(
            artifact.get("purl"), artifact.get("version"), _values(artifact, "licenses", "value"), _cpes(artifact)
        )


def _cpes(artifact: dict[str, Any]) -> list[Any]:
    return _values(artifact, "cpes", "cpe")


def _values(artifact: dict[str, Any], field: str, key: str) -> list[Any]:
    """Return what a list holds: texts in older versions, objects in newer ones."""
    values = artifact.get(field)
    listed = values if isinstance(values, list) else []
    return [value.get(key) if isinstance(value, dict) else value for value in listed]
