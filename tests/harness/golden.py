"""Golden digests of what catalogers say of their fixtures. `python -m tests.harness.golden [NAME ...]` writes them."""

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from analyze.catalogers import CATALOG_VERSION, CATALOGERS
from analyze.catalogers.contents import ContentScanner
from analyze.catalogers.contract import Cataloger
from analyze.catalogers.secrets import SecretScanner
from analyze.layer.record import RECORD_VERSION
from analyze.limits import DEFAULT
from cargohold.model import Distro
from tests.harness import fixtures
from tests.harness.views import View, extract, findings


def path(name: str = "") -> Path:
    """Return the golden file of a cataloger, or of the whole catalog."""
    return fixtures.CATALOGERS / name / "golden.json"


def of_cataloger(cataloger: Cataloger) -> dict[str, Any]:
    """Return the version of a cataloger, and digests of the facts and packages that its fixtures give."""
    layer = fixtures.tree(cataloger.name)
    facts = []
    for name, content in layer.items():
        assert isinstance(content, bytes)
        found = extract(cataloger, name, content)
        facts.append([name.decode(), found and [found.identity, found.detail, found.unknowns]])
    view = View([layer], cataloger, Distro(id="debian", version_id="12"))
    packages = [finding.package for finding in findings(view, cataloger)]
    related = list(cataloger.relate(view, packages))
    return {"version": cataloger.version, "facts": _digest(facts), "packages": _digest([packages, related])}


def of_catalog() -> dict[str, Any]:
    """Return the catalog version and a digest of all that decides results."""
    parts = {
        "catalogers": {cataloger.name: of_cataloger(cataloger) for cataloger in CATALOGERS},
        "scanners": [SecretScanner.version, ContentScanner.version],
        "record": RECORD_VERSION,
        "limits": asdict(DEFAULT),
    }
    return {"version": CATALOG_VERSION, "digest": _digest(parts)}


def _digest(value: object) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _write(target: Path, value: dict[str, Any]) -> None:
    target.write_text(json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    for one in CATALOGERS:
        if one.name in sys.argv[1:] or not sys.argv[1:]:
            _write(path(one.name), of_cataloger(one))
    if not sys.argv[1:]:
        _write(path(), of_catalog())
