"""Every name that a docker-archive gives an image is a reference to it, and so a way to find it."""

import importlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.layouts import Layout, tar_of
from tests.harness.registry import need

from api.queries.images import list_images
from cargohold.contracts import AnalyzeRequest, now
from cargohold.database.connection import Database
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.registry.reference import parse_reference
from cargohold.settings import DatabaseSettings
from cargohold_cli.worker import drain

CACHED = {"analyze.handler": ("settings", "dependencies"), "persist.handler": ("dependencies",)}


def forget() -> None:
    for name, functions in CACHED.items():
        for function in functions:
            getattr(importlib.import_module(name), function).cache_clear()


@pytest.fixture
def queues(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessMessenger]:
    for name, value in {
        "DATABASE_URL": database_url,
        "OBJECT_STORE": "postgres:",
        "MESSAGING": "database",
        "REGISTRIES": "",
        "SCRATCH_ROOT": str(tmp_path / "scratch"),
        "POWERTOOLS_METRICS_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    messenger = InProcessMessenger(DatabaseSettings(database_url=database_url))
    yield messenger
    messenger.close()
    forget()


@pytest.mark.parametrize("asked", ["", ":example.com/team/app:2.0"])
def test_all_names_are_references(queues: InProcessMessenger, database: Database, tmp_path: Path, asked: str) -> None:
    need("skopeo")
    layout = Layout(tmp_path / "layout")
    layout.name(layout.image([tar_of({"etc/hello": b"hello"})]), "one")
    archive = tmp_path / "image.tar"
    names = ["example.com/team/app:1.0", "example.com/team/app:2.0", "example.com/other/name:latest"]
    command = ["skopeo", "copy", "--quiet", "--insecure-policy", f"oci:{layout.root}:one"]
    command += [f"docker-archive:{archive}:{names[0]}", *(f"--additional-tag={name}" for name in names[1:])]
    subprocess.run(command, check=True, capture_output=True, timeout=60)

    reference = parse_reference(f"docker-archive:{archive}{asked}").model_copy(update={"pushed_at": now()})
    queues.send("analyze", AnalyzeRequest(reference=reference, reason="manual"))
    drain(queues)

    (image,) = database.run(list_images).items
    assert sorted(f"{one.repository}:{one.tag}" for one in image.references) == sorted(names)
    assert {one.registry for one in image.references} == {""}
