"""`cargohold --endpoint URL` says of an API what `cargohold` says where the API is."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.harness import api
from tests.harness.analyses import EPOCH, analysis_id, digest, package, pushed, store_analysis
from tests.harness.api import Client
from waitress import create_server

from api import answers
from cargohold.model import License, Scope
from cargohold_cli import endpoint, local, remote
from cargohold_cli.main import FAILED, UNKNOWN, main
from cargohold_cli.web import Application
from persist.messages import handle_message

TOKEN = "a-token-for-the-tests"
NAMES = [digest(f"image {number}") for number in range(3)]


@pytest.fixture
def client(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of an API with two images and an archived one."""
    more = {
        "DATABASE_URL": database_url,
        "ARCHIVE_STORE": (tmp_path / "archive").as_uri(),
        "CARGOHOLD_HOME": str(tmp_path / "home"),
        "CARGOHOLD_TOKEN": TOKEN,
    }
    for name, value in (api.ENVIRONMENT | more).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(endpoint.ENDPOINT, raising=False)
    for cached in (local.start, local.database, remote.connect):
        cached.cache_clear()
    with api.client(database_url) as client:
        for number, name in enumerate(NAMES):
            at = EPOCH + timedelta(minutes=number)
            found = [
                package("left-pad", f"1.{number}.0", id=f"a{number}", licenses=(License("MIT", "MIT"),)),
                package("gone", id=f"b{number}", scope=Scope.HIDDEN),
            ]
            message = store_analysis(
                client.to.store, name, analysis_id(at), found, references=(pushed(at, f"v{number}"),)
            )
            handle_message(message, client.to)
        client.ask("POST", f"/v1/images/{NAMES[2]}/archive")
        client.drain()
        yield client
    for cached in (local.start, local.database, remote.connect):
        cached.cache_clear()


@pytest.fixture
def address(client: Client) -> Iterator[str]:
    """The address of a server of the API."""
    server = create_server(Application(TOKEN), host="127.0.0.1", port=0, threads=2)

    def run() -> None:
        with suppress(OSError):  # its loop may look at the socket that `close` has just closed
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(5)


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command; return its exit code and what it wrote."""

    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(words)
        os.environ.pop(endpoint.ENDPOINT, None)  # main has set it
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def test_both_say_the_same(address: str, said: Any, tmp_path: Path) -> None:
    commands: list[tuple[str, ...]] = [
        ("images",),
        ("images", "--json", "--include-archived", "--limit", "1"),
        ("images", "--tag", "v1", "--package", "left-pad", "--distro", "debian"),
        ("images", "--failed"),
        ("image", "shop/checkout:v1"),
        ("image", NAMES[0][7:20], "--json"),
        ("packages", "left-pad", "--json"),
        ("packages", "--contains", "pad", "--type", "npm", "--version", ">=1.0.0,<1.1.0"),
        ("packages", "--image", "shop/checkout:v0", "--scope", "all"),
        ("secrets", "--json", "--severity", "high", "--visible"),
        ("secrets", "shop/checkout:v0", "--hidden"),
        ("diff", "shop/checkout:v0", "shop/checkout:v1", "--scope", "all"),
        ("diff", NAMES[0], NAMES[1], "--json"),
        ("archives", "list"),
        ("archives", "show", NAMES[2], "--json"),
        ("archives", "status"),
        ("archives", "audits"),
        ("sbom", NAMES[0]),
        ("sbom", NAMES[0], "-o", "cyclonedx-json@1.5", "--scope", "all", "--creator", "team@example.com"),
    ]
    for words in commands:
        here = said(*words)
        assert here[0] == 0, (words, here)
        assert here[1], words
        assert said("--endpoint", address, *words) == here, words


def test_an_sbom_of_any_size_comes_over(address: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole, _ = said("sbom", NAMES[0])
    monkeypatch.setattr(answers, "PART", 400)
    assert said("--endpoint", address, "sbom", NAMES[0])[1] == whole


def test_errors_are_those_of_the_api(address: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, message = said("--endpoint", address, "image", "nowhere")
    assert (code, message) == said("image", "nowhere")[::2]
    assert code == UNKNOWN
    assert "ambiguous_name" in said("--endpoint", address, "image", "shop/checkout")[2]
    assert "invalid_query" in said("--endpoint", address, "packages", "--type", "npm")[2]
    assert "local_only" in said("--endpoint", address, "analyze", "x")[2]
    assert "local_only" in said("--endpoint", address, "archives", "verify", "x")[2]
    remote.connect.cache_clear()
    monkeypatch.setenv("CARGOHOLD_TOKEN", "another-token-0123")
    code, _, message = said("--endpoint", address, "images")
    assert code == FAILED
    assert "unauthenticated" in message


@pytest.mark.parametrize(
    "address", ["http://api.example.com", "ftp://127.0.0.1/", "api.example.com", "https://", "https://a/?b"]
)
def test_a_token_goes_nowhere_in_the_clear(address: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARGOHOLD_TOKEN", TOKEN)
    assert "invalid_configuration" in said("--endpoint", address, "images")[2]


def test_what_is_no_api_is_told_from_one(said: Any) -> None:
    def other(environment: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<html>"]

    server = create_server(other, host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        code, _, message = said("--endpoint", f"http://127.0.0.1:{server.effective_port}", "images")
    finally:
        server.close()
    assert (code, "endpoint_failed" in message) == (FAILED, True)
    assert "endpoint_failed" in said("--endpoint", "http://127.0.0.1:9", "images")[2]
