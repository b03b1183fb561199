"""One process and what it starts, from start to end: wall time, CPU, peak memory, and what went to its scratch."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# With bytecode, as everything that is installed has it: without, a run compiles half a megabyte of source first.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

# Linux counts what a process had before `exec` to its peak, and that is its parent's memory: this parent is small.
_LAUNCH = """
import json, os, sys, time
started = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
wall = time.perf_counter() - started
with open(int(sys.argv[1]), "w") as report:
    json.dump([os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss], report)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds and MiB of one run; `scratch` is the most that was in TMPDIR at once.

    `memory` is the peak of the process and, as long as there are some, what processes it started have for themselves.
    """

    wall: float
    cpu: float
    memory: float
    scratch: float
    output: bytes


def run(command: Sequence[str | Path], *, keep: bool = False, **environment: str) -> Run:
    """Run a command to its end; `keep` keeps its standard output. Raises `CalledProcessError`."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as directory,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as report,
    ):
        environment = {**_ENVIRONMENT, "TMPDIR": directory, "SCRATCH_ROOT": directory, **environment}
        launcher = [sys.executable, "-ISc", _LAUNCH, str(report.fileno()), *command]
        with (
            subprocess.Popen(launcher, stdout=output, env=environment, pass_fds=(report.fileno(),)) as launched,
            _Watcher(Path(directory), launched.pid) as watcher,
        ):
            launched.wait()
        if launched.returncode:
            raise subprocess.CalledProcessError(launched.returncode, command)
        report.seek(0)
        code, wall, cpu, memory = json.load(report)
        if code:
            raise subprocess.CalledProcessError(code, command)
        output.seek(0)
        content = output.read() if keep else b""
    # What the system counted ends with the largest process; what was looked at leaves out the last tenth of a second.
    return Run(wall, cpu, max(memory, watcher.memory) / 1024, watcher.most / (1 << 20), content)


class _Watcher:
    """Looks ten times a second at a directory, `most` bytes, and at a command with what it started, `memory` KiB."""

    def __init__(self, directory: Path, launcher: int) -> None:
        self.most = 0
        self.memory = 0
        self._directory = directory
        self._launcher = launcher
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, _size(self._directory))
            for command in _children(self._launcher):
                total = peak(command) + sum(_private(started) for started in _children(command))
                self.memory = max(self.memory, total)


def _size(directory: Path) -> int:
    total = 0
    for parent, _, names in os.walk(directory):  # passes over what is gone, which `rglob` does not
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(f"{parent}/{name}").st_size  # noqa: PTH116
    return total


def _children(process: int) -> list[int]:
    """Return the processes that any thread of a process started (proc(5), `children`)."""
    found: list[int] = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, children.read_text().split())
    return found


def peak(process: int) -> int:
    """Return the most KiB that a process had in memory so far (proc(5), `status`)."""
    return _kibibytes(f"/proc/{process}/status", "VmHWM:")


def _private(process: int) -> int:
    """Return the KiB that a process does not share with the one that started it (proc(5), `smaps_rollup`)."""
    return _kibibytes(f"/proc/{process}/smaps_rollup", "Private_")


def _kibibytes(path: str, field: str) -> int:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0  # the process is gone
    return sum(int(line.split()[1]) for line in lines if line.startswith(field))
