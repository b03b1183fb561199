"""Syft's JSON, checked by its schema; the command itself reads it where it is installed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.conftest import missing
from tests.harness.analyses import digest
from tests.harness.renderings import IMAGE, LAYERS, MemoryAnalysis, analyses, head, numbered, rendered
from tests.harness.sbom_validators import syft

from api.formats.syft_json.artifacts import file_id
from cargohold.model import FileRecord, License, Location, Package, Relationship, Scope, Unknown


def npm(name: str, **fields: object) -> Package:
    given_: dict[str, object] = {
        "cataloger": "npm",
        "type": "npm",
        "version": "1.0.0",
        "purl": f"pkg:npm/{name}@1.0.0",
        "language": "javascript",
        "locations": (Location(f"/app/{name}/package.json", 0, digest(name)),),
        "licenses": (License("MIT", "MIT", path=f"/app/{name}/package.json"),),
        "metadata_type": "javascript-npm-package",
        "metadata": {"name": name},
    }
    return Package(name=name, **(given_ | fields))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(analyses())
def test_whatever_an_analysis_holds_the_document_is_valid(analysis: MemoryAnalysis) -> None:
    syft(rendered(analysis, "syft-json", scope="all"))


def test_hidden_packages_are_told_apart() -> None:
    packages = numbered([npm("a"), npm("b", scope=Scope.HIDDEN)])
    document = syft(rendered(MemoryAnalysis(head(), packages), "syft-json", scope="all"))
    annotations = [artifact["locations"][0]["annotations"] for artifact in document["artifacts"]]
    assert annotations == [
        {"evidence": "primary"},
        {"evidence": "primary", "visible": "false", "scope": "hidden"},
    ]
    assert [
        artifact["name"] for artifact in syft(rendered(MemoryAnalysis(head(), packages), "syft-json"))["artifacts"]
    ] == ["a"]


def test_files_are_those_of_the_image_and_all_places_of_evidence_and_unknowns() -> None:
    packages = numbered([npm("a"), npm("gone", scope=Scope.HIDDEN)])
    files = [
        FileRecord("/app/a/package.json", "file", 0o644, 1, 2, 3, 0, digest("a"), content="text"),
        FileRecord("/broken", "symlink", 0o777, 0, 0, 0, 1, link="/nowhere"),
        FileRecord("/etc", "directory", 0o755, 0, 0, 0, 0),
    ]
    unknowns = [
        Unknown("/app/a/package.json", 0, "npm", "odd"),
        Unknown("/broken", 1, "npm", "leads nowhere"),
        Unknown("", 1, "rpm", "bug"),
    ]
    document = syft(rendered(MemoryAnalysis(head(), packages, (), files, unknowns), "syft-json", scope="all"))
    rows = {row["location"]["path"]: row for row in document["files"]}
    assert list(rows) == ["/app/a/package.json", "/broken", "/", "/app/gone/package.json"]
    assert rows["/app/a/package.json"]["unknowns"] == ["npm: odd"]
    assert rows["/app/a/package.json"]["metadata"]["mode"] == 644
    assert rows["/broken"]["metadata"]["linkDestination"] == "/nowhere"
    assert rows["/"] == {
        "id": rows["/"]["id"],
        "location": {"path": "/", "layerID": LAYERS[1]},
        "unknowns": ["rpm: bug"],
    }
    assert rows["/app/gone/package.json"]["digests"][0]["value"] == digest("gone").removeprefix("sha256:")


def test_relationships_are_syfts() -> None:
    packages = numbered([npm("a"), npm("b")])
    one, other = (package.id for package in packages)
    related = [
        Relationship(one, other, "dependency-of"),
        Relationship(one, other, "ownership-by-file-overlap", ("/app/b/package.json",)),
    ]
    document = syft(rendered(MemoryAnalysis(head(), packages, related), "syft-json"))
    assert document["artifactRelationships"][:2] == [
        {"parent": one, "child": other, "type": "dependency-of"},
        {
            "parent": one,
            "child": other,
            "type": "ownership-by-file-overlap",
            "metadata": {"files": ["/app/b/package.json"]},
        },
    ]
    assert {"parent": document["source"]["id"], "child": one, "type": "contains"} in document["artifactRelationships"]


def test_metadata_has_what_its_type_requires() -> None:
    deb = npm("d", type="deb", metadata_type="dpkg-db-entry", metadata={"package": "d"}, files=("/usr/bin/d",))
    document = syft(rendered(MemoryAnalysis(head(), numbered([npm("a"), deb])), "syft-json"))
    assert document["artifacts"][0]["metadata"]["private"] is False
    assert document["artifacts"][1]["metadata"]["files"] == [{"path": "/usr/bin/d", "isConfigFile": False}]


def test_the_source_is_the_image() -> None:
    reader = MemoryAnalysis(head())
    source = syft(rendered(reader, "syft-json", registry="r.example", repository="shop"))["source"]
    assert source["metadata"]["repoDigests"] == [f"r.example/shop@{IMAGE}"]
    assert source["metadata"]["labels"] == {"vendor": "example"}


@pytest.mark.parametrize("name", ["syft-json", "cyclonedx-json", "spdx-json", "spdx-tag-value"])
def test_syft_reads_it(name: str, tmp_path: Path) -> None:
    ours = Path(__file__).parents[4] / ".parity" / "bin" / "syft"
    command = str(ours) if ours.exists() else shutil.which("syft")
    if not command:
        missing("`make .parity/.ready` installs Syft, and none is on the path")
    target = tmp_path / "bom"
    target.write_bytes(rendered(MemoryAnalysis(head(), numbered([npm("a"), npm("b")])), name))
    environment = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [command, "convert", str(target), "-o", "json", "-q"],
        capture_output=True,
        check=True,
        env=environment,
        timeout=600,
    )
    found = {(row["name"], row["version"], row["type"]) for row in json.loads(done.stdout)["artifacts"] if row["type"]}
    assert found >= {("a", "1.0.0", "npm"), ("b", "1.0.0", "npm")}


def test_files_written_together_are_those_written_alone() -> None:
    names = ["a", 'quote"', 'quote",', "line\nbreak", ",\n  ", "back\\slash", "ümlaut", "\x7f\x01"]
    files = [FileRecord(f"/{name}", "file", 0o4755, 1, 2, 3, 1, digest(name), content="elf") for name in names]
    together = json.loads(rendered(MemoryAnalysis(head(), (), (), files), "syft-json"))["files"]
    alone = [
        json.loads(rendered(MemoryAnalysis(head(), (), (), [file], [unknown]), "syft-json"))["files"][0]
        for file in files
        for unknown in [Unknown(file.path, file.layer, "any", "known")]
    ]
    assert [row.pop("unknowns") for row in alone] == [["any: known"]] * len(files)
    assert together == alone
    assert [row["location"]["path"] for row in together] == [file.path for file in files]
    assert together[0]["id"] == file_id("/a", LAYERS[1])
    assert together[0]["metadata"]["mode"] == 4755
