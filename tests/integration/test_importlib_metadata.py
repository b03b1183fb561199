"""The Python cataloger against importlib.metadata, over the environment that runs the tests."""

import importlib.metadata
import os
import sysconfig
from pathlib import Path

import pytest
from tests.harness.fixtures import disk
from tests.harness.views import View, findings

from analyze.catalogers.python import PythonCataloger
from cargohold.purl import normalized_python_name

PYTHON = PythonCataloger()
SITE = Path(sysconfig.get_paths()["purelib"])


@pytest.fixture(scope="module")
def packages():
    directories = [path for path in SITE.iterdir() if path.name.lower().endswith((".dist-info", ".egg-info"))]
    view = View([disk(*directories)], PYTHON)
    return {finding.package.name: finding.package for finding in findings(view, PYTHON)}


def test_names_versions_and_requirements(packages):
    expected = {}
    for distribution in importlib.metadata.distributions(path=[str(SITE)]):
        requires = sorted(" ".join(one.split()) for one in distribution.metadata.get_all("Requires-Dist") or [])
        expected[normalized_python_name(distribution.metadata["Name"])] = (distribution.version, requires)
    assert len(expected) > 10
    assert {
        name: (one.version, sorted(" ".join(text.split()) for text in one.metadata.get("requiresDist", [])))
        for name, one in packages.items()
    } == expected


def test_files(packages):
    for distribution in importlib.metadata.distributions(path=[str(SITE)]):
        package = packages[normalized_python_name(distribution.metadata["Name"])]
        expected = {os.path.normpath(SITE / path) for path in distribution.files or []}
        assert set(package.files) == expected, package.name


def test_relations(packages):
    view = View([{}], PYTHON)
    related = list(PYTHON.relate(view, list(packages.values())))
    names = {one.id: one.name for one in packages.values()}
    pairs = {(names[one.parent], names[one.child]) for one in related}
    assert ("iniconfig", "pytest") in pairs
    assert ("pluggy", "pytest") in pairs
    assert all(parent in packages and child in packages for parent, child in pairs)
