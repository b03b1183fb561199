"""Eight processes on one cache, killed at random: no wrong value, no leak, and the quota holds. Traps A2 and B15."""

import json
import random
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


@dataclass
class Contention:
    """Eight processes on one cache; any of them may be killed once it has used the cache."""

    root: Path
    directory: CacheDirectory
    killed: int = 0
    fullest: int = 0  # bytes of a shard
    started: int = 0
    running: dict[int, "subprocess.Popen[str]"] = field(default_factory=dict)  # by the descriptor of their output
    begun: set[int] = field(default_factory=set)

    def start(self) -> None:
        process = start(self.root, self.started)
        self.started += 1
        assert process.stdout is not None
        self.running[process.stdout.fileno()] = process

    def look(self, seconds: float) -> None:
        """See who has begun, who has ended, and how full the cache is."""
        waiting = self.running.keys() - self.begun
        self.begun |= set(select.select(list(waiting), [], [], seconds)[0])
        if not waiting:
            time.sleep(seconds)
        for process in self.running.values():
            assert process.poll() is None, "a process found a wrong value or failed"
        self.fullest = max(self.fullest, most_in_a_shard(self.directory))

    def kill(self, descriptor: int) -> None:
        process = self.running.pop(descriptor)
        self.begun.discard(descriptor)
        process.kill()
        process.communicate()
        self.killed += 1
        self.start()

    def run(self, seconds: float, kills: int) -> list[dict[str, Any]]:
        """Kill for so many seconds and so many times; return what the last processes counted."""
        choose = random.Random(1)
        for _ in range(PROCESSES):
            self.start()
        end = time.monotonic() + seconds
        # Not by the clock alone, for a machine that does other things.
        while time.monotonic() < end or self.killed < kills or self.fullest <= QUOTA // SHARDS // 2:
            self.look(choose.uniform(0.05, 0.4))
            if self.begun:
                self.kill(choose.choice(sorted(self.begun)))
        while len(self.begun) < PROCESSES:
            self.look(0.05)
        counted = []
        for process in self.running.values():
            answer, _ = process.communicate("", timeout=600)
            assert process.returncode == 0, "a process found a wrong value or failed"
            counted.append(json.loads(answer.splitlines()[-1]))
        return counted

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.communicate()


@pytest.mark.trap("B15")
@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_processes_leave_a_cache_that_is_right(tmp_path: Path, seconds: float) -> None:
    directory = CacheDirectory(tmp_path, quota=QUOTA, blob_quota=BLOB_QUOTA, abandoned=ABANDONED)
    contention = Contention(tmp_path, directory)
    try:
        counted = contention.run(seconds, kills=int(seconds))
    finally:
        contention.end()
    # Whoever looks while a file is being renamed may miss it: by what is in flight, and no more.
    assert contention.fullest <= QUOTA // SHARDS + PROCESSES * LARGEST
    for name in ("hits", "stored"):
        assert all(counts[name] > 0 for counts in counted)
    assert sum(counts["corrupt"] for counts in counted) == 0
    # A process that got no time for so long was taken for dead, and lost what it was writing.
    assert {name for counts in counted for name in counts["by_name"]} <= {"ENOENT"}

    time.sleep(ABANDONED)
    prune(directory)
    left = usage(directory)
    assert (left.kinds[Kind.TEMPORARY].files, left.kinds[Kind.LEASE].files, left.kinds[Kind.STRAY].files) == (0, 0, 0)
    assert left.fullest_shard <= QUOTA // SHARDS
    checked = Amount()
    assert list(verify(directory, checked)) == []
    assert checked.files > 10
