"""Cuts a long crash run into parts that run side by side, each with a Postgres and stores of its own, and adds them up.

A crash waits more than it works, for processes that start and for moments that come.
"""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence

_SUM = re.compile(r"crashes (\d+), lost (\d+), altered (\d+), unconverged (\d+)")
_KIND = re.compile(r" +(\d+)  (.+)")


def run_parts(crashes: int, jobs: int, arguments: Sequence[str]) -> tuple[list[str], list[int]]:
    """Run `crashes` in `jobs` processes; return the lines of all, and (crashes, lost, altered, unconverged)."""
    parts = [crashes // jobs + (job < crashes % jobs) for job in range(jobs)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.long", str(part), *arguments, "--every", str(jobs), str(job)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for job, part in enumerate(parts)
    ]
    try:
        outputs = [part.communicate()[0] for part in running]
    except KeyboardInterrupt:  # the parts have it too, and say how far they came
        outputs = [part.communicate()[0] for part in running]
    return added_up(outputs)


def added_up(outputs: Sequence[str]) -> tuple[list[str], list[int]]:
    """Add up what the parts printed; raises `RuntimeError` when one of them did not come to its sum."""
    kinds: Counter[str] = Counter()
    others: list[str] = []
    sums = [0, 0, 0, 0]
    for output in outputs:
        lines = output.splitlines()
        found = next((sum_ for line in reversed(lines) if (sum_ := _SUM.match(line))), None)
        if found is None:
            raise RuntimeError(f"a part of the run ended without a sum: {output[-500:]}")
        sums = [total + int(count) for total, count in zip(sums, found.groups(), strict=True)]
        for line in lines:
            if kind := _KIND.fullmatch(line):
                kinds[kind[2]] += int(kind[1])
            elif not _SUM.match(line):
                others.append(line)
    return [f"  {count:5}  {kind}" for kind, count in sorted(kinds.items())] + others, sums


def say(lines: list[str], crashes: int, bad: Sequence[int], seed: int, began: float) -> int:
    """Print a run's lines and its sum, and return its exit code."""
    lost, altered, unconverged = bad
    seconds = time.monotonic() - began
    sums = f"crashes {crashes}, lost {lost}, altered {altered}, unconverged {unconverged}"
    sys.stdout.write("\n".join([*lines, f"{sums} (seed {seed}, {seconds:.0f} s)"]) + "\n")
    return int(any(bad))
