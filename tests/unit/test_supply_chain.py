"""What is shipped is locked, hashed, listed in an SBOM of our own making, and under licences that were chosen."""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
from docs import own_sbom

REQUIREMENTS = own_sbom.ROOT / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))

ALLOWED = {
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "PSF-2.0", "Zlib", "ZPL-2.1", "ISC", "PostgreSQL",
}  # fmt: skip
# Weak copyleft: used unchanged, as libraries of their own that anyone can replace.
REPLACEABLE = {"certifi": "MPL-2.0", "orjson": "MPL-2.0", "psycopg2-binary": "LGPL-3.0-or-later"}
# What packages write where a licence belongs, and no licence is; beside it is what their files say.
PROSE = {"LGPL with exceptions", "Dual License", "Apache Software License"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_everything_locked_has_its_hashes(lock: Path) -> None:
    assert lock.with_suffix(".in").exists()
    entries = re.split(r"\n(?=\S)", lock.read_text().replace("\\\n", " "))
    pinned = [entry for entry in entries if entry and not entry.startswith("#")]
    assert pinned
    for entry in pinned:
        assert re.match(
            r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[0-9][^\s;]*( ; .*?)? +--hash=sha256:[0-9a-f]{64}", entry
        ), f"not pinned to a version and a hash: {entry[:80]}"


def test_locks_agree_with_each_other() -> None:
    layer, command, dev = map(own_sbom.locked, ("layer", "command", "dev"))
    assert layer.items() <= command.items(), "the command runs what Lambda runs"
    assert command.items() <= dev.items(), "tests test what is shipped"


def test_what_is_installed_is_what_is_locked() -> None:
    for name, wanted in own_sbom.locked("command").items():
        try:
            assert version(name) == wanted, name
        except PackageNotFoundError:
            assert f"{name}=={wanted} ; " in (REQUIREMENTS / "command.txt").read_text(), f"{name} is missing"


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The libraries of the SBOM of everything the command needs, by name."""
    directory = tmp_path_factory.mktemp("sbom")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARGOHOLD_HOME", str(directory / "home"))
        for name in ("CACHE_ROOT", "SCRATCH_ROOT", "REGISTRIES", "ARCHIVE_STORE", "MESSAGING"):
            patch.setenv(name, str(directory / name) if name.endswith("ROOT") else "")
        patch.setenv("MESSAGING", "database")
        assert own_sbom.main(directory, "command", metadata_only=True) == 0
    for file in own_sbom.OUTPUTS.values():
        assert (directory / file).stat().st_size
    document = json.loads((directory / "cargohold.cdx.json").read_text())
    assert document["specVersion"] == "1.6"
    return {each["name"].lower(): each for each in document["components"] if each["type"] == "library"}


def test_the_sbom_lists_what_is_locked_and_nothing_else(components: dict[str, dict[str, Any]]) -> None:
    present = {name: wanted for name, wanted in own_sbom.locked("command").items() if own_sbom.is_installed(name)}
    assert {name: each["version"] for name, each in components.items()} == present
    for name, each in components.items():
        assert each["purl"] == f"pkg:pypi/{name}@{each['version']}"


def test_every_licence_was_chosen(components: dict[str, dict[str, Any]]) -> None:
    undecided = {}
    for name, each in components.items():
        words = [
            item.get("expression") or item["license"].get("id") or item["license"]["name"] for item in each["licenses"]
        ]
        identifiers = {word for text in words if text not in PROSE for word in re.findall(r"[A-Za-z0-9.+-]+", text)}
        unknown = identifiers - {"AND", "OR", "WITH"} - ALLOWED - {REPLACEABLE.get(name)}
        if unknown or not identifiers:
            undecided[name] = words
    assert not undecided, "look at their licences, then allow them here or do without them"


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"dependencies": [{"name": "six", "version": "1.0", "vulns": []}]}, 0, "1 of 1 packages"),
        (
            {"dependencies": [{"name": "six", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}]},
            1,
            "six 1.0: CVE-1, mended in 1.1",
        ),
        ({"dependencies": [{"name": "six", "skip_reason": "Dependency not found on PyPI"}]}, 0, "audit skipped"),
        (None, 0, "audit skipped: connection refused"),
    ],
)
def test_the_audit_fails_on_findings_and_only_on_them(tmp_path: Path, said: Any, code: int, words: str) -> None:
    program = tmp_path / ".audit" / "bin" / "pip-audit"  # in its place one that says what pip-audit's JSON says
    program.parent.mkdir(parents=True)
    answer = "echo connection refused >&2; exit 1" if said is None else f"echo '{json.dumps(said)}'"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "command.txt").write_text("")
    script = own_sbom.ROOT / ".ci" / "audit.py"
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, words in done.stdout) == (code, True), done.stdout + done.stderr
