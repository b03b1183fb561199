"""The functions on one machine: their environment, their queues, and a hook that is told what a registry tells."""

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cargohold.messaging.in_process import InProcessMessenger
from cargohold.settings import DatabaseSettings
from cargohold_cli.web import http_event

TOKEN = "a-token-of-the-hook-0123"
_KEPT = {
    "analyze.handler": ("settings", "dependencies", "cache_metrics"),
    "api.services": ("services", "bundles"),
    "archive.handler": ("services",),
    "archive.schedule": ("services",),
    "intake.handler": ("dependencies",),
    "intake.reconcile.handler": ("dependencies",),
    "persist.handler": ("dependencies",),
}


@contextmanager
def queues(
    monkeypatch: pytest.MonkeyPatch, database_url: str, directory: Path, **more: str
) -> Iterator[InProcessMessenger]:
    """Set what the functions read of their environment, which `more` changes, and yield their queues."""
    environment = {
        "DATABASE_URL": database_url,
        "OBJECT_STORE": "postgres:",
        "ARCHIVE_STORE": (directory / "archive").as_uri(),
        "MESSAGING": "database",
        "REGISTRIES": "",
        "SCRATCH_ROOT": str(directory / "scratch"),
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    for name, value in (environment | more).items():
        monkeypatch.setenv(name, value)
    forget()
    messenger = InProcessMessenger(DatabaseSettings(database_url=database_url))
    yield messenger
    messenger.close()
    forget()


def forget() -> None:
    """Forget what functions keep between invocations."""
    for name, functions in _KEPT.items():
        for function in functions:
            getattr(importlib.import_module(name), function).cache_clear()


def registries(file: Path, *entries: Mapping[str, Any]) -> str:
    """Write a registries document and return what names it in the environment."""
    file.write_text(json.dumps({"registries": entries}))
    forget()
    return f"file:{file}"


def notify(headers: Mapping[str, str], body: bytes, token: str = TOKEN) -> int:
    """Send one notification to the hook of the registry `local`; return the status of its answer."""
    event = http_event("POST", f"/hooks/local/{token}", dict(headers), body)
    status: int = importlib.import_module("intake.handler").handle(event, None)["statusCode"]
    return status


def hand_on(told: Iterable[tuple[Mapping[str, str], bytes]]) -> None:
    """Send what a registry told to the hook, which takes all of it."""
    for headers, body in told:
        assert notify(headers, body) == 202
