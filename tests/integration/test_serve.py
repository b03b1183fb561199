"""`cargohold serve` in a process of its own: a registry tells it of a push, and clients ask it what was found."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import registry as registries
from tests.harness.layouts import Layout, tar_of

TOKEN, HOOK_TOKEN = "a-token-for-the-tests", "a-token-of-the-hook-0123"
COMMAND = [sys.executable, "-m", "cargohold_cli.main"]


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    more = {
        "DATABASE_URL": database_url,
        "CARGOHOLD_HOME": str(tmp_path / "home"),
        "CARGOHOLD_TOKEN": TOKEN,
        "REGISTRIES": f"file:{tmp_path / 'registries.json'}",
    }
    return {name: value for name, value in os.environ.items() if name != "CARGOHOLD_ENDPOINT"} | more


@pytest.fixture
def serving(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, registries.Registry]]:
    """The address of the server, and a registry that tells it of pushes."""
    port = registries.free_port()
    (tmp_path / "registry").mkdir()
    address = f"http://127.0.0.1:{port}"
    with registries.running(tmp_path / "registry", notify=f"{address}/hooks/local/{HOOK_TOKEN}") as registry:
        (tmp_path / "registries.json").write_text(json.dumps({"registries": [registry.entry(HOOK_TOKEN)]}))
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment, stderr=log)
            try:
                end = time.monotonic() + 300
                while status(f"{address}/v1/status", TOKEN) != 200:
                    assert process.poll() is None, (tmp_path / "log").read_text()
                    assert time.monotonic() < end, (tmp_path / "log").read_text()
                    time.sleep(0.1)
                yield address, registry
                process.send_signal(signal.SIGTERM)
                assert process.wait(600) == 0, "it ends when it is told to"
            finally:
                process.kill()
                process.wait()


def status(url: str, token: str = "") -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 -- this machine
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def test_a_push_is_told_analyzed_watched_and_found(
    serving: tuple[str, registries.Registry], environment: dict[str, str], tmp_path: Path
) -> None:
    address, registry = serving
    assert status(f"{address}/v1/images") == status(f"{address}/v1/images", "another-token-0123") == 401

    def ask(*words: str) -> str:
        command = [*COMMAND, "--endpoint", address, *words]
        return subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, timeout=600, text=True
        ).stdout

    watch = [*COMMAND, "--endpoint", address, "watch", "--count", "1", "--interval", "0.1"]
    layout = Layout(tmp_path / "images")
    made = layout.name(layout.image([tar_of({"etc/motd": b"hello"})]), "one")
    with subprocess.Popen(
        watch, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        try:
            assert watching.stderr is not None
            assert watching.stderr.readline().startswith("watching"), "what was before is history"
            registry.push(f"oci:{layout.root}:one", "team/app:1.0")
            said, _ = watching.communicate(timeout=600)
        finally:
            watching.kill()
    assert (watching.returncode, f"analyzed   {registry.host}/team/app:1.0" in said) == (0, True), said
    assert [item["digest"] for item in json.loads(ask("images", "--json"))["items"]] == [made["digest"]]
    assert "/etc/motd" in ask("files", "team/app:1.0")
