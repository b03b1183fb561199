"""The npm cataloger against `npm ls` over a tree that npm installs."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.harness.fixtures import disk
from tests.harness.views import View, findings

from analyze.catalogers.npm import NpmCataloger

NPM = NpmCataloger()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    npm = shutil.which("npm")
    if npm is None:
        missing("this machine has no npm")
    directory = tmp_path_factory.mktemp("npm")
    manifest = {"name": "project", "version": "1.0.0", "private": True}
    (directory / "package.json").write_text(json.dumps(manifest))
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "debug@4", "chalk@2", "ms@1"]
    try:
        done = subprocess.run(install, cwd=directory, capture_output=True, timeout=600, env=environment(directory))
    except subprocess.TimeoutExpired:
        missing("npm did not install within two minutes")
    if done.returncode:
        missing("npm cannot install: " + done.stderr.decode(errors="replace")[-300:])
    return directory


def environment(directory: Path) -> dict[str, str]:
    return {**os.environ, "npm_config_cache": str(directory / ".cache"), "npm_config_update_notifier": "false"}


@pytest.fixture(scope="module")
def listed(project):
    command = ["npm", "ls", "--all", "--json", "--long"]
    done = subprocess.run(command, cwd=project, capture_output=True, timeout=600, env=environment(project))
    return json.loads(done.stdout)


def walk(node: dict, name: str, found: dict[str, tuple[str, str]], edges: set[tuple[str, str]]) -> None:
    path = node["path"]
    found[path] = (name, node["version"])
    for child_name, child in node.get("dependencies", {}).items():
        if child.get("path"):
            edges.add((child["path"], path))
            walk(child, child_name, found, edges)


def test_packages_and_relations(project, listed):
    expected: dict[str, tuple[str, str]] = {}
    edges: set[tuple[str, str]] = set()
    walk(listed, "project", expected, edges)
    view = View([disk(project)], NPM)
    found = [finding.package for finding in findings(view, NPM)]
    directories = {one.id: one.locations[0].path.removesuffix("/package.json") for one in found}
    installed = {directories[one.id]: (one.name, one.version) for one in found if "/.cache/" not in directories[one.id]}
    assert installed == expected
    assert {(directories[one.parent], directories[one.child]) for one in NPM.relate(view, found)} == edges
    assert len(edges) >= 8
