"""The dpkg cataloger against dpkg-query on this machine."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.harness.fixtures import disk
from tests.harness.views import View, findings

from analyze.catalogers.dpkg import DpkgCataloger
from cargohold.model import Distro

DPKG = DpkgCataloger()
FORMAT = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n"


@pytest.fixture(scope="module")
def packages():
    if shutil.which("dpkg-query") is None or not Path("/var/lib/dpkg/status").exists():
        missing("this machine has no dpkg")
    layer = disk(Path("/var/lib/dpkg"))
    view = View([layer], DPKG, Distro(id="debian", version_id="12"))
    return [finding.package for finding in findings(view, DPKG)]


def query(*arguments: str) -> list[str]:
    done = subprocess.run(["dpkg-query", *arguments], check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"})
    return done.stdout.decode().splitlines()


def test_names_versions_architectures_and_sources(packages):
    expected = {
        tuple(line.split("\t")[:5])
        for line in query("-W", "-f", FORMAT)
        if line.split("\t")[5] not in ("not-installed", "config-files")
    }
    assert {
        (one.name, one.version, one.architecture, one.source_name, one.source_version) for one in packages
    } == expected


def test_files(packages):
    """Everything that dpkg lists and that is no directory is owned, and nothing that it does not list."""
    diversions = dict(diverted())
    for package in packages[:: max(1, len(packages) // 60)]:
        name = package.name if package.architecture == "all" else f"{package.name}:{package.architecture}"
        listed = {line for line in query("-L", name) if line.startswith("/") and line != "/."}
        parents = {line.rpartition("/")[0] for line in listed}
        owned = set(package.files)
        assert owned - set(diversions.values()) <= listed, package.name
        leaves = {path for path in listed - parents if Path(path).is_symlink() or not Path(path).is_dir()}
        assert leaves <= owned | set(diversions), package.name


def diverted() -> list[tuple[str, str]]:
    done = subprocess.run(["dpkg-divert", "--list"], check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"})
    lines = (line.partition("diversion of ")[2] for line in done.stdout.decode().splitlines())
    return [(line.partition(" to ")[0], line.partition(" to ")[2].partition(" by ")[0]) for line in lines]
