"""Versions tell when results change: a golden digest of each cataloger's facts and packages, and one of everything.

When a test here is red after a change that was meant to change results: bump the `version` of the
cataloger when facts changed, and `CATALOG_VERSION` once a release; then `python -m tests.harness.golden`
writes the new values.
"""

import json

import pytest
from tests.harness import golden
from tests.harness.fixtures import CATALOGERS as FOLDERS
from tests.harness.fixtures import tree

from analyze.catalogers import CATALOGERS

EACH = pytest.mark.parametrize("cataloger", CATALOGERS, ids=lambda cataloger: cataloger.name)


@EACH
def test_every_cataloger_has_a_fixture_and_says_where_it_is_from(cataloger):
    assert tree(cataloger.name)
    assert (FOLDERS / cataloger.name / "SOURCES.md").read_text().strip()


@EACH
def test_facts_and_packages_change_only_with_the_versions(cataloger):
    expected = json.loads(golden.path(cataloger.name).read_text())
    actual = golden.of_cataloger(cataloger)
    assert expected == actual, "bump the versions that `CATALOG_VERSION` and the contract name, then write the goldens"


def test_the_catalog_version_covers_everything_that_decides_results():
    expected = json.loads(golden.path().read_text())
    assert expected == golden.of_catalog(), "bump CATALOG_VERSION, then write the goldens"
