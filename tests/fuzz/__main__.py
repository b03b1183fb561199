"""`python -m tests.fuzz [--seconds S] [--seed SEED] [CATALOGER ...]`: break parsers with mutated files.

SECONDS of CPU for each cataloger. Inputs depend on the seed and their number alone. What breaks one is left in
`found/CATALOGER/NAME/` as a small tree of files, ready to move to the regressions beside the catalogers' tests.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz import layers, trees
from tests.fuzz.inputs import targets
from tests.fuzz.worker import PROGRESS, target

FOUND = Path(__file__).parent / "found"
_FRAME = re.compile(r'File "[^"]*/(?:functions|layers)/([^"]+)", line (\d+)')


@dataclass
class Run:
    """What reading one cataloger's inputs gave: how many, of how many bytes, in how many seconds of CPU."""

    inputs: int = 0
    size: int = 0
    seconds: float = 0.0
    found: Counter[str] = field(default_factory=Counter)


def fuzz(name: str, seed: str, seconds: float) -> Run:
    """Read inputs for some seconds of CPU, saving the first input of each finding."""
    run = Run()
    while run.seconds < seconds:
        number, size, spent = _work(name, seed, run, seconds - run.seconds)
        run.size += size
        run.seconds += max(spent, 0.1)
        run.inputs = number
    return run


def _work(name: str, seed: str, run: Run, seconds: float) -> tuple[int, int, float]:
    with tempfile.TemporaryFile() as progress, tempfile.TemporaryFile("w+") as errors:
        command = [sys.executable, "-m", "tests.fuzz.worker", name, seed, str(run.inputs), str(seconds)]
        worker = subprocess.run(
            [*command, str(progress.fileno())],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
            pass_fds=[progress.fileno()],
        )
        for line in worker.stdout.splitlines():
            report = json.loads(line)
            files = {bytes.fromhex(path): bytes.fromhex(text) for path, text in report.get("input", {}).items()}
            _note(run, name, seed, report["number"], report["place"], files, report.get("trace", ""))
        errors.seek(0)
        said = errors.read()
        progress.seek(0)
        read = progress.read(PROGRESS.size)
        if len(read) < PROGRESS.size:
            raise SystemExit(f"{name}: the worker did not start\n{said}")
        number, size, spent = PROGRESS.unpack(read)
        if worker.returncode:
            one = target(name, seed).make(number)
            frame = _FRAME.search(said)
            cause = "time" if worker.returncode == -signal.SIGPROF else f"exit {worker.returncode}"
            place = f"{cause} {':'.join(frame.groups()) if frame else ''}"
            _note(run, name, seed, number, place, {**one.beside, one.path: one.content}, said)
            number += 1
            spent += 3.0
        return number, size, spent


def _note(run: Run, name: str, seed: str, number: int, place: str, files: dict[bytes, bytes], trace: str) -> None:
    run.found[place] += 1
    if run.found[place] > 1 or not files:
        return
    slug = re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-")
    directory = FOUND / name / f"{slug}-{seed}-{number}"
    trees.write(directory, files)
    directory.with_suffix(".txt").write_text(trace)
    print(f"{name}: {place}: input {number} of seed {seed}, {directory}", flush=True)  # noqa: T201


def main() -> int:
    """Fuzz, print throughput and findings, and return 1 when there are any."""
    names = [*targets(), layers.NAME]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("names", nargs="*", metavar="CATALOGER", choices=[*names, []])
    options: Any = parser.parse_args()
    total: Counter[str] = Counter()
    for name in options.names or names:
        run = fuzz(name, options.seed, options.seconds)
        total += run.found
        rate, megabytes = run.inputs / run.seconds, run.size / run.seconds / (1 << 20)
        print(f"{name}: {run.inputs} inputs, {rate:.0f} a second, {megabytes:.1f} MiB/s, {dict(run.found)}", flush=True)  # noqa: T201
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
