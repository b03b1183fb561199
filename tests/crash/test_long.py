"""The long crash run is sound: it counts what it does, and it notices a protocol that loses something."""

import subprocess
import sys

import pytest
from tests.crash.long import DRIVERS
from tests.crash.parts import added_up
from tests.harness.swift import PYTHON

# Documents are deleted before the row that makes them superfluous is committed.
BROKEN = """
import archive.transitions as t
from archive.steps import archiving
def too_early(run):
    for key in run.primary_keys:
        run.services.primary.delete(key)
for key, value in t.TABLE.items():
    if archiving.put_bundle in value:
        at = value.index(archiving.put_bundle) + 1
        t.TABLE[key] = (*value[:at], too_early, *value[at:])
import sys
from tests.crash.long import main
sys.argv = ["long", "60", "3", "--drivers", "file", "postgres", "s3", "memory"]
sys.exit(main())
"""


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=1200, check=False)


@pytest.mark.slow
def test_a_hundred_crashes_lose_nothing() -> None:
    drivers = [driver for driver in DRIVERS if driver != "swift" or PYTHON.exists()]
    done = run("-m", "tests.crash.long", "100", "2", "--drivers", *drivers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "crashes 100, lost 0, altered 0, unconverged 0" in done.stdout


@pytest.mark.slow
def test_it_notices_what_is_lost() -> None:
    done = run("-c", BROKEN)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "lost 0," not in done.stdout


def test_parts_are_added_up() -> None:
    outputs = [
        "      2  file file, boundary\nwhat failed\ncrashes 2, lost 1, altered 0, unconverged 0 (seed 1, 2 s)\n",
        "      3  file file, boundary\n      1  s3 file, outside\ncrashes 4, lost 0, altered 0, unconverged 2 (s)\n",
    ]
    assert added_up(outputs) == (
        ["      5  file file, boundary", "      1  s3 file, outside", "what failed"],
        [6, 1, 0, 2],
    )
    with pytest.raises(RuntimeError, match="without a sum"):
        added_up(["Killed"])
