"""One process from its start to its end: wall time, CPU, peak memory, and what it wrote to its temporary directory."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# With bytecode, as everything that is installed has it: without, a run compiles half a megabyte of source first.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds and MiB of one run; `scratch` is the most that was in TMPDIR at once."""

    wall: float
    cpu: float
    memory: float
    scratch: float
    output: bytes


def run(command: Sequence[str | Path], *, keep: bool = False, **environment: str) -> Run:
    """Run a command to its end; `keep` keeps its standard output. Raises `CalledProcessError`."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, tempfile.TemporaryFile() as output:
        temporary = Path(directory)
        watcher = _Watcher(temporary)
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, env={**_ENVIRONMENT, "TMPDIR": directory, "SCRATCH_ROOT": directory, **environment}
        )
        with watcher:
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        content = output.read() if keep else b""
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, watcher.most / (1 << 20), content)


class _Watcher:
    """Looks at a directory ten times a second."""

    def __init__(self, directory: Path) -> None:
        self.most = 0
        self._directory = directory
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
            total = 0
            for parent, _, names in os.walk(self._directory):  # passes over what is gone, which `rglob` does not
                for name in names:
                    try:
                        total += os.stat(f"{parent}/{name}").st_size  # noqa: PTH116
                    except OSError:
                        continue
            self.most = max(self.most, total)
