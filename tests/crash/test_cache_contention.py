"""Eight processes on one cache, killed at random: no wrong value, no leak, and the quota holds. Traps A2 and B15."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.harness.cache_user import ABANDONED, LARGEST

from analyze.cache.directory import SHARDS, CacheDirectory, Kind
from analyze.cache.upkeep import Amount, prune, usage, verify

PROCESSES = 8
QUOTA, BLOB_QUOTA = SHARDS * 400_000, SHARDS * 320_000


def start(root: Path, seed: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.harness.cache_user", str(root), str(QUOTA), str(BLOB_QUOTA), str(seed)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def most_in_a_shard(directory: CacheDirectory) -> int:
    """Return the bytes of the fullest shard, without what is still being written."""
    most = 0
    for shard in directory.shards():
        most = max(most, sum(found.size for found in directory.scan(shard) if found.kind is not Kind.TEMPORARY))
    return most


def contend(root: Path, seconds: float) -> tuple[int, int, list[dict[str, int]]]:
    """Run the processes, kill some; return how many were killed, the fullest shard, and what the last ones counted."""
    directory = CacheDirectory(root, quota=QUOTA, blob_quota=BLOB_QUOTA, abandoned=ABANDONED)
    choose, seed, killed, fullest = random.Random(1), PROCESSES, 0, 0
    processes = [start(root, number) for number in range(PROCESSES)]
    end = time.monotonic() + seconds
    next_kill = time.monotonic() + 1
    try:
        while time.monotonic() < end:
            fullest = max(fullest, most_in_a_shard(directory))
            for number, process in enumerate(processes):
                assert process.poll() in (None, -signal.SIGKILL), "a process found a wrong value or failed"
                if process.poll() is not None:
                    process.communicate()
                    seed += 1
                    processes[number] = start(root, seed)
            if time.monotonic() > next_kill:
                choose.choice(processes).kill()
                killed += 1
                next_kill = time.monotonic() + choose.uniform(0.05, 0.4)
            time.sleep(0.02)
        counted = []
        for process in processes:
            answer, _ = process.communicate("", timeout=60)
            assert process.returncode in (0, -signal.SIGKILL), "a process found a wrong value or failed"
            counted += [json.loads(answer)] if answer else []
        return killed, fullest, counted
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.trap("B15")
@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_processes_leave_a_cache_that_is_right(tmp_path: Path, seconds: float) -> None:
    killed, fullest, counted = contend(tmp_path, seconds)
    assert killed >= seconds
    # Whoever looks while a file is being renamed may miss it: by what is in flight, and no more.
    assert fullest <= QUOTA // SHARDS + PROCESSES * LARGEST
    for name in ("hits", "stored", "evictions"):
        assert sum(counts[name] for counts in counted) > 0
    assert sum(counts["corrupt"] for counts in counted) == 0
    # A process that got no time for so long was taken for dead, and lost what it was writing.
    assert {name for counts in counted for name in counts["by_name"]} <= {"ENOENT"}

    directory = CacheDirectory(tmp_path, quota=QUOTA, blob_quota=BLOB_QUOTA, abandoned=ABANDONED)
    time.sleep(ABANDONED)
    prune(directory)
    left = usage(directory)
    assert (left.kinds[Kind.TEMPORARY].files, left.kinds[Kind.LEASE].files, left.kinds[Kind.STRAY].files) == (0, 0, 0)
    assert left.fullest_shard <= QUOTA // SHARDS
    checked = Amount()
    assert list(verify(directory, checked)) == []
    assert checked.files > 10
