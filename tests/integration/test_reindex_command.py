"""`cargohold reindex` after real analyses, and killed in the middle."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.harness.analyses import EPOCH, RecordingMessenger, analysis_id, digest, package, pushed, store_analysis
from tests.harness.command import command_line
from tests.harness.layouts import Layout, tar_of
from tests.harness.postgres import PostgresServer
from tests.harness.rows import one, rows

from cargohold.database.connection import Database
from cargohold.objects.open import open_store
from cargohold.settings import DatabaseSettings
from persist.messages import Dependencies, handle_message

STATUS = b"Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n"


def image(layout: Layout, name: str) -> str:
    files = {
        "var/lib/dpkg/status": STATUS % name.encode() + STATUS % b"common",
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
    }
    found: str = layout.name(layout.image([tar_of(files)]), name)["digest"]
    return found


def test_what_was_analyzed_is_found_again(
    database_url: str,
    postgres: PostgresServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layout = Layout(tmp_path / "image")
    kept, put_away = image(layout, "kept"), image(layout, "away")
    with command_line(database_url, tmp_path, capfd, monkeypatch) as lost:
        for name in ("kept", "away"):
            lost("analyze", f"oci:{tmp_path / 'image'}:{name}")
        lost("archive", put_away)
        before = {what: lost.json(*words) for what, words in QUESTIONS.items()}
        assert kept in str(before["images"])
        assert put_away in str(before["archives"])
    with (
        postgres.new_database() as url,
        command_line(url, tmp_path, capfd, monkeypatch) as rebuilt,
    ):
        assert rebuilt.json("reindex")["complete"]
        after = {what: rebuilt.json(*words) for what, words in QUESTIONS.items()}
        assert same(after) == same(before), "with references: analyze has left them beside the documents"
        rebuilt("restore", put_away)
        assert put_away in str(rebuilt.json("images"))


QUESTIONS = {
    "images": ("images",),
    "archives": ("archives", "list"),
    "packages": ("packages", "common"),
}


def same(value: Any) -> Any:
    """Leave out what is stated to differ: revisions, times at which rows changed, and what the daily run folds in."""
    if isinstance(value, dict):
        left = {
            "revision",
            "archived_at",
            "status_changed_at",
            "attempt",
            "attempts",
            "last_attempt",
            "id",
            "last_seen",
        }
        return {key: same(inner) for key, inner in value.items() if key not in left}
    return [same(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.slow
def test_a_rebuild_may_be_killed(database_url: str, postgres: PostgresServer, tmp_path: Path) -> None:
    url = (tmp_path / "objects").as_uri()
    store = open_store(url)
    messages = []
    for number in range(150):
        at = EPOCH + timedelta(minutes=number)
        found = [package(f"package-{name}", str(number % 7)) for name in range(30)]
        messages.append(
            store_analysis(store, digest(f"image {number}"), analysis_id(at), found, announce=True,
                           references=(pushed(at, f"tag-{number % 40}", digest=digest(f"image {number}")),))
        )  # fmt: skip
    lost = Database(DatabaseSettings(database_url=database_url))
    to = Dependencies(lost, store, RecordingMessenger())
    for message in messages:
        handle_message(message, to)
    tables = ("image", "layers", "packages", "secret", "index", "reference", "event")
    with postgres.new_database() as rebuilt_url:
        rebuilt = Database(DatabaseSettings(database_url=rebuilt_url))
        environment = {
            **os.environ,
            "CARGOHOLD_HOME": str(tmp_path / "home"),
            "DATABASE_URL": rebuilt_url,
            "OBJECT_STORE": url,
            "ARCHIVE_STORE": (tmp_path / "archive").as_uri(),
        }
        command = [sys.executable, "-m", "cargohold_cli.main", "reindex", "--resume"]
        for number in (1, 50, 110):
            process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            while one(rebuilt, "SELECT count(*) FROM image") < number:
                assert process.poll() is None, "it ended before it could be killed"
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
        found = rows(rebuilt, *tables)
        assert 110 <= len(found["image"]) < 150
        assert {row[0] for row in found["packages"]} == {row[0] for row in found["image"]}, "no half of an image"
        subprocess.run(command, env=environment, check=True, capture_output=True)
        assert rows(rebuilt, *tables) == rows(lost, *tables)
        rebuilt.close()
    lost.close()
