"""The command in this process, over a database and stores of the test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

import archive.handler
import archive.schedule
import persist.handler
from cargohold_cli import local
from cargohold_cli.main import main

_CACHED: tuple[Any, ...] = (
    local.start,
    local.database,
    archive.handler.services,
    archive.schedule.services,
    persist.handler.dependencies,
)


class Command:
    """Runs `cargohold ...` and keeps what it wrote."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self.out = self.err = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run it, check its exit code, and return what it wrote to standard output."""
        self._capture.readouterr()
        actual = main([str(word) for word in words])
        self.out, self.err = self._capture.readouterr()
        assert actual == code, f"{words}: {actual}\n{self.out}{self.err}"
        return self.out

    def json(self, *words: str) -> Any:
        """Run it with `--json` and return the value."""
        return orjson.loads(self(*words, "--json"))


@contextmanager
def command_line(
    url: str, directory: Path, capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    """Yield the command with its state in `directory` and the database `url`; stores are `file:` unless set."""
    settings = {
        "CARGOHOLD_HOME": str(directory / "home"),
        "DATABASE_URL": url,
        "OBJECT_STORE": (directory / "primary").as_uri(),
        "ARCHIVE_STORE": (directory / "archive").as_uri(),
        "MESSAGING": "database",
    }
    for name in (
        "CACHE_ROOT",
        "SCRATCH_ROOT",
        "REGISTRIES",
        "DATABASE_ROLE",
        "TRANSITION_WATCH_SECONDS",
    ):  # `local.configure` fills them in
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, os.environ.get(name, value) if name.endswith("_STORE") else value)
    _forget(_CACHED)
    try:
        yield Command(capture)
    finally:
        _forget(_CACHED)


def _forget(cached: tuple[Callable[..., Any], ...]) -> None:
    for function in cached:
        function.cache_clear()  # type: ignore[attr-defined]
