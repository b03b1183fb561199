"""Figures, their targets, and how they are shown."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. Without a target `value` and `target` are 0; `binding` targets count for the exit status."""

    what: str
    shown: str
    value: float = 0.0
    target: float = 0.0
    unit: str = ""
    binding: bool = True

    @property
    def met(self) -> bool:
        """Tell whether the target is met."""
        return not self.target or self.value <= self.target


class Report:
    """Prints figures as they come, and keeps them. `binding` is false for a fleet that is only reported."""

    def __init__(self, *, binding: bool) -> None:
        self.figures: list[Figure] = []
        self._binding = binding

    def say(self, what: str, shown: str, *, value: float = 0.0, target: float = 0.0, unit: str = "") -> None:
        """Add a figure."""
        figure = Figure(what, shown, value, target, unit, self._binding)
        self.figures.append(figure)
        verdict = f"  target {target:g} {unit}: {'met' if figure.met else 'MISSED'}" if target else ""
        print(f"  {what:<52} {shown:<34}{verdict}", flush=True)

    def times(self, what: str, seconds: Sequence[float], *, target: float = 0.0) -> None:
        """Add the median and the 99th percentile of times; `target` (ms) is the latter's."""
        if not seconds:
            return self.say(what, "nothing to measure")
        worst = 1000 * percentile(seconds, 99)
        shown = f"p50 {1000 * percentile(seconds, 50):7.2f}  p99 {worst:7.2f} ms  n {len(seconds)}"
        return self.say(what, shown, value=worst, target=target, unit="ms")


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest value that `part` of a hundred are not above."""
    return sorted(values)[max(0, math.ceil(len(values) * part / 100) - 1)]


def processor_clock(process: int) -> Callable[[], float]:
    """Return a clock of the processor seconds of this thread and of a server's process on this machine.

    What a question costs where nobody else wants the processors. Source: Linux, Documentation/scheduler/sched-stats.
    """
    statistics = Path(f"/proc/{process}/schedstat")
    return lambda: time.thread_time() + int(statistics.read_text().split()[0]) / 1e9


def timed(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how many seconds `work` takes."""
    started = clock()
    work()
    return clock() - started
