"""Licences as CycloneDX takes them: identifiers and names, or exactly one expression."""

from typing import Any

from api.formats.facts.licenses import Stated, conjunction, stated
from cargohold.model import Package


def licenses(package: Package, version: str) -> list[dict[str, Any]]:
    """Return a component's `licenses`.

    Up to version 1.6 an expression stands alone: packages that state several licences, one of them an
    expression, get the expression of all when all have one, else names.
    """
    found = stated(package)
    kinds = {one.acknowledgement for one in found}
    if len(kinds) == 1 and all(one.expression for one in found) and not all(one.is_simple for one in found):
        return [_acknowledged({"expression": conjunction(one.expression for one in found)}, found[0], version)]
    return [{"license": _acknowledged(_license(one), one, version)} for one in found]


def _license(license_: Stated) -> dict[str, Any]:
    return {"id": license_.expression} if license_.is_simple else {"name": license_.value}


def _acknowledged(row: dict[str, Any], license_: Stated, version: str) -> dict[str, Any]:
    return row if version == "1.5" else row | {"acknowledgement": license_.acknowledgement}
