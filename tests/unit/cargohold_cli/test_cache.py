"""`cargohold cache`: numbers for people and machines, and an exit code that tells of damage."""

import json
from pathlib import Path

import pytest

from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from cargohold_cli import main as command

KEYS = [f"{number:064x}" for number in range(3)]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CACHE_BYTES", "CACHE_BLOB_BYTES", "OBJECT_STORE", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SCRATCH_ROOT", "REGISTRIES", "OBJECT_STORE", "ARCHIVE_STORE", "MESSAGING"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("MESSAGING", "database")
    monkeypatch.setenv("CARGOHOLD_HOME", str(tmp_path))
    monkeypatch.setenv("CACHE_ROOT", str(tmp_path / "cache"))
    cache = DiskCache(CacheDirectory(tmp_path / "cache", quota=1 << 30))
    for key in KEYS:
        cache.put(key, b"value")
    return tmp_path / "cache"


def answer(capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> tuple[int, dict[str, object]]:
    code = command.main(["cache", *words, "--json"])
    return code, json.loads(capsysbinary.readouterr().out)


def test_stats(root: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, stats = answer(capsysbinary, "stats")
    assert code == 0
    assert stats["directory"] == str(root)
    assert stats["kinds"]["record"] == {"files": 3, "bytes": 123}
    assert (stats["quota_bytes"], stats["blob_quota_bytes"]) == (20 << 30, 0)
    assert command.main(["cache", "stats"]) == 0
    text = capsysbinary.readouterr().out.decode()
    assert "records" in text
    assert "20.0 GiB" in text


def test_prune(root: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert answer(capsysbinary, "prune")[1]["removed"]["files"] == 0
    assert answer(capsysbinary, "prune", "--unused", "0", "--dry-run")[1]["removed"] == {"files": 3, "bytes": 123}
    assert answer(capsysbinary, "prune", "--unused", "0")[1]["removed"] == {"files": 3, "bytes": 123}
    assert answer(capsysbinary, "stats")[1]["bytes"] == 0


def test_verify(root: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert answer(capsysbinary, "verify")[0] == 0
    damaged = next(root.rglob("*.record"))
    damaged.write_bytes(b"rubbish")
    assert command.main(["cache", "verify", "--dry-run"]) == 1
    assert damaged.name in capsysbinary.readouterr().out.decode()
    code, found = answer(capsysbinary, "verify")
    assert code == 1
    assert found["damaged"] == [{"name": damaged.name, "kind": "record", "bytes": 7}]
    assert answer(capsysbinary, "verify")[0] == 0


def test_no_cache_is_no_error(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CACHE_ROOT", "")
    assert command.main(["cache", "stats"]) == 0
    assert "none: nothing is kept" in capsys.readouterr().out


def test_a_cache_that_cannot_be_read_says_so(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stale(*_: object) -> None:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr("analyze.cache.directory.os.scandir", stale)
    assert command.main(["cache", "stats"]) == command.FAILED
    assert "cache_unavailable" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["-1", "x", "nan"])
def test_days_are_a_number(root: Path, days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["cache", "prune", f"--unused={days}"])
    assert "--unused" in capsys.readouterr().err
