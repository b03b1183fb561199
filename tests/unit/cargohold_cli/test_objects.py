"""`cargohold objects`: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest

from cargohold.objects.open import drivers, open_store
from cargohold_cli import main as command


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARGOHOLD_HOME", str(tmp_path / "home"))
    for name in ("CACHE_ROOT", "SCRATCH_ROOT", "REGISTRIES", "OBJECT_STORE", "ARCHIVE_STORE", "MESSAGING"):
        monkeypatch.setenv(name, "")  # so that what the command sets is undone
        monkeypatch.delenv(name)


@pytest.fixture
def stores(tmp_path: Path) -> tuple[str, str]:
    old, new = ((tmp_path / name).as_uri() for name in ("old", "new"))
    for number in range(5):
        open_store(old).put(f"analyses/{number}", [b"x" * 1000])
    return old, new


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = command.main(["objects", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_drivers_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = run(capsys, "list-drivers")
    assert code == 0
    assert [line.split()[0] for line in text.splitlines()[1:]] == list(drivers())
    _, text, _ = run(capsys, "list-drivers", "--json")
    assert {"driver": "memory", "url": "memory:"} in json.loads(text)


def test_a_store_is_checked(
    capsys: pytest.CaptureFixture[str], stores: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text, _ = run(capsys, "check", stores[1])
    assert code == 0
    assert text.count(" ok\n") == 9
    monkeypatch.setenv("OBJECT_STORE", stores[1])
    code, text, _ = run(capsys, "check", "--json")
    assert code == 0
    assert {result["name"] for result in json.loads(text)} >= {"round_trip", "one_winner"}
    assert list(open_store(stores[1]).list()) == []


def test_a_store_that_breaks_a_promise_fails_the_check(
    capsys: pytest.CaptureFixture[str], stores: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cargohold.objects.drivers.file import FileStore

    monkeypatch.setattr(FileStore, "delete", lambda *_: None)
    monkeypatch.setattr("cargohold.objects.check.clean", lambda *_: None)
    code, text, _ = run(capsys, "check", stores[1])
    assert code == 1
    assert "absence              failed: ObjectNotFound was not raised" in text


def test_a_migration_from_beginning_to_end(capsys: pytest.CaptureFixture[str], stores: tuple[str, str]) -> None:
    old, new = stores
    code, text, _ = run(capsys, "migrate", "--from", old, "--to", new, "--dry-run", "--delete-source", "--json")
    counts = {
        key: value for key, value in json.loads(text).items() if key in ("to_move", "skipped", "failed", "deleted")
    }
    assert (code, counts) == (0, {"to_move": 5, "skipped": 0, "failed": 0, "deleted": 0})
    assert list(open_store(new).list()) == []
    code, text, _ = run(capsys, "migrate", "--from", old, "--to", new)
    assert code == 0
    assert "moved     5\n" in text
    assert "complete  true\n" in text
    code, text, _ = run(capsys, "migrate", "--from", old, "--to", new, "--delete-source", "--json")
    assert (code, json.loads(text)["skipped"], json.loads(text)["deleted"]) == (0, 5, 5)
    assert len(list(open_store(new).list())) == 5


def test_a_failure_is_said_and_counted(
    capsys: pytest.CaptureFixture[str], stores: tuple[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "old" / "analyses" / "3~"
    file.write_bytes(b"\0" + file.read_bytes()[1:])
    code, text, errors = run(capsys, "migrate", "--from", stores[0], "--to", stores[1])
    assert code == 1
    assert "moved     4\n" in text
    assert "failed    1\n" in text
    assert "failed: analyses/3: object_corrupt: " in errors


def test_what_cannot_be_moved_is_refused(capsys: pytest.CaptureFixture[str], stores: tuple[str, str]) -> None:
    for target in (f"{stores[0]}/within", stores[0], "ftp://x"):
        code, _, errors = run(capsys, "migrate", "--from", stores[0], "--to", target)
        assert code == 1
        assert "invalid_configuration" in errors


def test_a_sweep_counts(capsys: pytest.CaptureFixture[str], stores: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "old" / "~incoming" / "killed").write_bytes(b"half")
    assert run(capsys, "sweep", stores[0])[1] == "0 parts of uploads removed\n"
    assert run(capsys, "sweep", stores[0], "--older-than", "0", "--json")[1] == '{\n  "removed": 1\n}\n'
