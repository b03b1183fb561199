"""Scratch: a budget, one directory an invocation, nothing left behind."""

import os
import subprocess
import sys
import time

import pytest

from analyze.scratch import Scratch, sweep
from cargohold.errors import ScratchExhausted


def spill(scratch, content):
    with scratch.writer(len(content)) as (path, stream):
        stream.write(content)
    return path


def test_files_are_counted_and_all_is_removed(tmp_path):
    with Scratch(tmp_path, "request-1", budget=100, memory=0) as scratch:
        first = spill(scratch, b"a" * 60)
        assert first.read_bytes() == b"a" * 60
        assert first.parent == tmp_path / "request-1"
        scratch.discard(first, 60)
        second = spill(scratch, b"b" * 90)
        assert (scratch.files, scratch.bytes_written, scratch.peak_bytes) == (2, 150, 90)
        assert second.exists()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_until_it_is_needed(tmp_path):
    with Scratch(tmp_path, "r", budget=1, memory=1):
        assert list(tmp_path.iterdir()) == []


def test_the_budget_is_kept_and_given_back(tmp_path):
    with Scratch(tmp_path, "r", budget=100, memory=0) as scratch:
        path = spill(scratch, b"x" * 100)
        with pytest.raises(ScratchExhausted):
            spill(scratch, b"y")
        scratch.discard(path, 100)
        spill(scratch, b"y")


def test_a_failed_write_leaves_neither_file_nor_budget(tmp_path):
    with Scratch(tmp_path, "r", budget=100, memory=0) as scratch:
        with pytest.raises(KeyError), scratch.writer(100):
            raise KeyError
        with pytest.raises(ScratchExhausted), scratch.writer(100):
            raise OSError(28, "No space left on device")
        spill(scratch, b"x" * 100)
        assert len([path for path in scratch.directory.iterdir() if not path.name.startswith(".")]) == 1


def test_a_root_that_cannot_be_made_is_exhausted(tmp_path):
    root = tmp_path / "file"
    root.write_bytes(b"")
    with Scratch(root, "r", budget=100, memory=0) as scratch, pytest.raises(ScratchExhausted):
        spill(scratch, b"x")


def test_memory_is_shared(tmp_path):
    with Scratch(tmp_path, "r", budget=0, memory=10) as scratch:
        assert scratch.reserve(6)
        assert not scratch.reserve(5)
        assert scratch.reserve(4)
        scratch.release(6)
        assert scratch.reserve(5)
        assert scratch.peak_memory == 10


@pytest.mark.parametrize("request_id", ["../../escape", "a/b", "", ".", ".."])
def test_a_request_id_is_never_a_path(tmp_path, request_id):
    assert Scratch(tmp_path / "root", request_id, budget=1, memory=1).directory.parent == tmp_path / "root"


def test_leftovers_of_the_dead_are_swept_and_the_living_are_not(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with Scratch(tmp_path, "alive", budget=1, memory=0) as living:
        spill(living, b"x")
        alive = (tmp_path / "alive" / ".owner").read_text()
    owners = (("dead", f"{dead.pid} 1"), ("alive", alive), ("reused", f"{os.getpid()} 1"), ("young", ""), ("old", ""))
    for name, owner in owners:
        (tmp_path / name).mkdir()
        if owner:
            (tmp_path / name / ".owner").write_text(owner)
    (tmp_path / "file").write_text("not ours")
    os.utime(tmp_path / "old", (time.time() - 7200,) * 2)
    assert sweep(tmp_path) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alive", "file", "young"]
    assert sweep(tmp_path / "missing") == 0


def test_a_killed_invocation_is_swept_by_the_next(tmp_path):
    script = (
        "import os, sys; from analyze.scratch import Scratch\n"
        f"scratch = Scratch({str(tmp_path)!r}, 'killed', budget=10, memory=0).__enter__()\n"
        "with scratch.writer(3) as (path, stream): stream.write(b'abc')\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert (tmp_path / "killed").exists()
    with Scratch(tmp_path, "next", budget=1, memory=1):
        assert not (tmp_path / "killed").exists()
