"""A migration that is killed, again and again, while analyses arrive: nothing is lost, and it comes to its end."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cargohold.objects.open import open_driver, open_store
from cargohold.objects.store import ObjectStore

OBJECTS = 240
KILLS = 4


@pytest.fixture(params=["postgres", pytest.param("swift", marks=pytest.mark.slow)])
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "postgres":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("database_url"))
        return "postgres:"
    return f"swift://{request.getfixturevalue('swift_user').new_container()}/p"


class Arrivals:
    """Analyses that go on meanwhile: they write new, read both, and remember what there must be."""

    def __init__(self, store: ObjectStore, contents: dict[str, bytes]) -> None:
        self._store = store
        self._contents = contents
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.wrong: list[str] = []

    def __enter__(self) -> "Arrivals":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        number = 0
        while not self._ended.wait(0.01):
            number += 1
            key, content = f"analyses/new/{number}", os.urandom(700)
            self._store.put(key, [content])
            self._contents[key] = content
            self.check(random.choice(list(self._contents)))

    def check(self, key: str) -> None:
        try:
            with self._store.get(key) as reader:
                if reader.read() != self._contents[key]:
                    self.wrong.append(f"{key}: other bytes")
        except Exception as error:  # noqa: BLE001 -- for the test to report
            self.wrong.append(f"{key}: {error}")


def fill(store: ObjectStore, count: int) -> dict[str, bytes]:
    sizes = (0, 100, 5000, 300_000)
    contents = {f"analyses/{number % 11}/{number:04}": os.urandom(sizes[number % 4]) for number in range(count)}
    for key, content in contents.items():
        store.put(key, [content])
    return contents


def migrate(source: str, target: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cargohold_cli.main", "objects", "migrate", "--from", source, "--to", target]
    return subprocess.Popen([*command, "--json", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.trap("B19")
def test_a_migration_may_be_killed(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARGOHOLD_HOME", str(tmp_path / "home"))
    source = (tmp_path / "old").as_uri()
    contents = fill(open_store(source), OBJECTS)
    joined = open_store(target, source)
    old = open_driver(source)

    with Arrivals(joined, contents) as arrivals:
        left = OBJECTS
        for _ in range(KILLS):
            process = migrate(source, target, "--delete-source", "--jobs", "3")
            enough = left - random.randint(5, OBJECTS // (KILLS + 2))
            while left > enough and process.poll() is None:
                time.sleep(0.005)
                left = len(list(old.list()))
            process.kill()
            process.communicate()
            for key in list(contents):
                arrivals.check(key)
        process = migrate(source, target, "--delete-source")
        output, errors = process.communicate(timeout=600)
    assert arrivals.wrong == []
    assert process.returncode == 0, errors
    report = json.loads(output)
    assert (report["failed"], report["complete"]) == (0, True)
    assert list(old.list()) == []
    new = open_store(target)
    assert {info.key for info in new.list()} == set(contents)
    for key, content in contents.items():
        with new.get(key) as reader:
            assert reader.read() == content


def test_a_migration_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARGOHOLD_HOME", str(tmp_path / "home"))
    source, target = ((tmp_path / name).as_uri() for name in ("old", "new"))
    fill(open_store(source), 20)
    damaged = tmp_path / "old" / "analyses" / "5" / "0005~"
    damaged.write_bytes(b"\0" + damaged.read_bytes()[1:])

    process = migrate(source, target, "--delete-source")
    output, _ = process.communicate(timeout=600)

    assert process.returncode == 1
    report = json.loads(output)
    assert (report["moved"], report["skipped"], report["failed"], report["deleted"]) == (19, 0, 1, 19)
    assert [failure["key"] for failure in report["failures"]] == ["analyses/5/0005"]
    assert damaged.exists()
