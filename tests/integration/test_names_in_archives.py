"""Every name that a docker-archive gives an image is a reference to it, and so a way to find it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import one_machine
from tests.harness.layouts import Layout, tar_of
from tests.harness.registry import need

from api.queries.images import list_images
from cargohold.contracts import AnalyzeRequest, now
from cargohold.database.connection import Database
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.registry.reference import parse_reference
from cargohold_cli.worker import drain


@pytest.fixture
def queues(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessMessenger]:
    with one_machine.queues(monkeypatch, database_url, tmp_path) as messenger:
        yield messenger


@pytest.mark.parametrize("asked", ["", ":example.com/team/app:2.0"])
def test_all_names_are_references(queues: InProcessMessenger, database: Database, tmp_path: Path, asked: str) -> None:
    need("skopeo")
    layout = Layout(tmp_path / "layout")
    layout.name(layout.image([tar_of({"etc/hello": b"hello"})]), "one")
    archive = tmp_path / "image.tar"
    names = ["example.com/team/app:1.0", "example.com/team/app:2.0", "example.com/other/name:latest"]
    command = ["skopeo", "copy", "--quiet", "--insecure-policy", f"oci:{layout.root}:one"]
    command += [f"docker-archive:{archive}:{names[0]}", *(f"--additional-tag={name}" for name in names[1:])]
    subprocess.run(command, check=True, capture_output=True, timeout=600)

    reference = parse_reference(f"docker-archive:{archive}{asked}").model_copy(update={"pushed_at": now()})
    queues.send("analyze", AnalyzeRequest(reference=reference, reason="manual"))
    drain(queues)

    (image,) = database.run(list_images).items
    assert sorted(f"{one.repository}:{one.tag}" for one in image.references) == sorted(names)
    assert {one.registry for one in image.references} == {""}
