"""Analyses that are killed: scratch keeps its budget and is swept, what was finished stays read. Traps A20, B5."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.harness.invocations import BUDGET, LAYERS

from analyze.cache.directory import CacheDirectory, Kind
from analyze.cache.upkeep import Amount, usage, verify


def run(directory: Path, delays: list[float]) -> dict[str, Any]:
    directory.mkdir()
    command = [sys.executable, "-m", "tests.harness.invocations", str(directory), *map(str, delays)]
    subprocess.run(command, check=True, capture_output=True, timeout=1800)
    found: dict[str, Any] = json.loads((directory / "answer").read_text())
    return found


@pytest.mark.trap("A20")
@pytest.mark.trap("B5")
@pytest.mark.parametrize("kills", [6, pytest.param(40, marks=pytest.mark.slow)])
def test_killed_invocations_leave_nothing_and_lose_little(tmp_path: Path, kills: int) -> None:
    choose = random.Random(kills)
    whole = run(tmp_path / "whole", [])
    found = run(tmp_path / "killed", [choose.uniform(0.01, 0.3) for _ in range(kills)])
    assert found["killed"] >= 2
    assert found["result"] == whole["result"]
    assert 0 < found["most"] <= BUDGET  # what a killed one left is swept by the next
    assert found["left"] == []
    # Only what two layers had when a process died is read again.
    assert len(whole["opened"]) == LAYERS
    assert len(found["opened"]) <= LAYERS + 2 * found["killed"]
    directory = CacheDirectory(tmp_path / "killed/cache", quota=64 << 20, blob_quota=32 << 20, abandoned=0)
    checked = Amount()
    assert list(verify(directory, checked)) == []
    assert usage(directory).kinds[Kind.RECORD].files == LAYERS
