"""Versions tell when results change: a golden digest of each cataloger's facts, and one of everything.

When a test here is red after a change that was meant to change results: bump the `version` of the
cataloger (and `CATALOG_VERSION`), then write the new values into the golden file that the message names.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings

from analyze.catalogers import CATALOG_VERSION, CATALOGERS
from analyze.layer.record import RECORD_VERSION
from analyze.limits import DEFAULT
from cargohold.model import Distro

GOLDEN = Path(__file__).parent / "golden"


def digest(value: object) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


@pytest.mark.parametrize("cataloger", CATALOGERS, ids=lambda cataloger: cataloger.name)
def test_facts_change_only_with_the_version(cataloger):
    facts = []
    for path, content in tree(cataloger.name).items():
        assert isinstance(content, bytes)
        found = extract(cataloger, path, content)
        facts.append([path.decode(), found and [found.identity, found.detail, found.unknowns]])
    assert facts
    golden = GOLDEN / f"{cataloger.name}.json"
    actual = {"version": cataloger.version, "digest": digest(facts)}
    assert json.loads(golden.read_text()) == actual, f"bump {cataloger.name}'s version, then write {actual} to {golden}"


def test_packages_change_only_with_the_catalog_version():
    packages = []
    for cataloger in CATALOGERS:
        view = View([tree(cataloger.name)], cataloger, Distro(id="debian", version_id="12"))
        found = [finding.package for finding in findings(view, cataloger)]
        packages.append([cataloger.name, found, list(cataloger.relate(view, found))])
    golden = GOLDEN / "packages.json"
    actual = {"version": CATALOG_VERSION, "digest": digest(packages)}
    assert json.loads(golden.read_text()) == actual, f"bump CATALOG_VERSION, then write {actual} to {golden}"


def test_the_catalog_version_covers_everything_that_decides_results():
    parts = {
        "catalogers": [[cataloger.name, cataloger.version] for cataloger in CATALOGERS],
        "record": RECORD_VERSION,
        "limits": asdict(DEFAULT),
    }
    golden = GOLDEN / "catalog.json"
    actual = {"version": CATALOG_VERSION, "digest": digest(parts)}
    assert json.loads(golden.read_text()) == actual, f"bump CATALOG_VERSION, then write {actual} to {golden}"
