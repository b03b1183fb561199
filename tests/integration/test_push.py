"""A push to a real registry ends as packages in Postgres: notification, hook, queue, analyze, persist, query."""

import importlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import registry as registries

from api.queries.fleet import images_with_packages
from api.queries.images import list_images
from api.queries.packages import PackageFilter
from cargohold.database.connection import Database
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.settings import DatabaseSettings
from cargohold_cli.sample import build
from cargohold_cli.web import http_event
from cargohold_cli.worker import drain

TOKEN = "a-token-of-the-hook-0123"
CACHED = {
    "intake.handler": ("dependencies",),
    "analyze.handler": ("settings", "dependencies"),
    "persist.handler": ("dependencies",),
}


def forget() -> None:
    for name, functions in CACHED.items():
        for function in functions:
            getattr(importlib.import_module(name), function).cache_clear()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[registries.Registry]:
    directory = tmp_path / "registry"
    directory.mkdir()
    with registries.running(directory) as running:
        yield running


@pytest.fixture
def environment(
    registry: registries.Registry, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InProcessMessenger]:
    hook = {"kind": "distribution", "token": TOKEN, "authorization": registries.HOOK_AUTHORIZATION}
    entry = {"name": "local", "host": registry.host, "insecure_http": True, "allow_private": True, "hook": hook}
    document = tmp_path / "registries.json"
    document.write_text(json.dumps({"registries": [entry]}))
    for name, value in {
        "DATABASE_URL": database_url,
        "OBJECT_STORE": "postgres:",
        "MESSAGING": "database",
        "REGISTRIES": f"file:{document}",
        "SCRATCH_ROOT": str(tmp_path / "scratch"),
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    messenger = InProcessMessenger(DatabaseSettings(database_url=database_url))
    yield messenger
    messenger.close()
    forget()


def deliver(registry: registries.Registry, count: int) -> None:
    handle = importlib.import_module("intake.handler").handle
    end = time.monotonic() + 20
    while sum(map(manifests, list(registry.notifications))) < count:  # pushes of blobs are notified too
        assert time.monotonic() < end, "the registry does not tell of its manifests"
        time.sleep(0.02)
    for headers, body in registry.wait_for_notifications(count):
        assert handle(http_event("POST", f"/hooks/local/{TOKEN}", headers, body), None)["statusCode"] == 202
    registry.notifications.clear()


def manifests(notification: tuple[dict[str, str], bytes]) -> int:
    events = json.loads(notification[1]).get("events", [])
    return sum(
        event.get("action") == "push" and "manifest" in event.get("target", {}).get("mediaType", "") for event in events
    )


@pytest.mark.parametrize("times", [1, 3])
def test_a_push_becomes_packages(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path, times: int
) -> None:
    source = build(tmp_path / "image")
    for number in range(times):
        registry.push(source, f"team/app:{number}")
    deliver(registry, times)
    drain(environment)
    found = database.run(lambda cursor: images_with_packages(cursor, PackageFilter(name="openssl"))).items
    assert [[package.version for package in match.packages] for match in found] == [["3.0.17-1~deb12u2"]]
    assert {one.tag for one in found[0].image.references} == {str(number) for number in range(times)}
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM attempt WHERE status = 'analyzed'")
        assert cursor.fetchone()[0] == 1, "one analysis a digest, however many tags"


def test_a_wrong_token_enqueues_nothing(
    registry: registries.Registry, environment: InProcessMessenger, database: Database, tmp_path: Path
) -> None:
    registry.push(build(tmp_path / "image"), "team/app:1")
    handle = importlib.import_module("intake.handler").handle
    for headers, body in registry.wait_for_notifications(1):
        event = http_event("POST", "/hooks/local/another-token-0123456", headers, body)
        assert handle(event, None)["statusCode"] == 401
    assert drain(environment) == 0
    assert database.run(list_images).items == ()
