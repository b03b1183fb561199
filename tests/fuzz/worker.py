"""The process that reads inputs, within bounds: `python -m tests.fuzz.worker TARGET SEED FROM SECONDS PROGRESS`.

It writes a line of JSON for each finding, and before each input its number to PROGRESS. An input that takes
too long ends the process with the place it was at on standard error; whoever started it goes on behind it.
"""

import faulthandler
import json
import os
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any, Protocol

from tests.fuzz import layers, oracle
from tests.fuzz.inputs import Input, Inputs, targets

MEMORY = 1 << 30
SECONDS = 3.0  # of CPU for one input
PROGRESS = struct.Struct("QQd")  # number, bytes read, seconds of CPU
_TRIES = 200  # to make an input smaller


class Target(Protocol):
    def make(self, number: int) -> Input: ...

    def check(self, one: Input) -> None: ...


class _Cataloger:
    def __init__(self, name: str, seed: str) -> None:
        self._cataloger = targets()[name]
        self.make: Callable[[int], Input] = Inputs(self._cataloger, seed).make

    def check(self, one: Input) -> None:
        oracle.check(self._cataloger, one)


def target(name: str, seed: str) -> Target:
    """Return what makes and checks the inputs of a cataloger, or of `layers`."""
    return layers.Layers(seed) if name == layers.NAME else _Cataloger(name, seed)


def attempt(subject: Target, one: Input) -> BaseException | None:
    """Check an input within its time, and return what came out."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        subject.check(one)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is a finding
        return error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


def smaller(subject: Target, one: Input, place: str) -> Input:
    """Take away from an input what its failure does not need."""
    tries = _TRIES
    if one.beside and _fails(subject, candidate := Input(one.path, one.content, {}), place):
        one = candidate
    size = len(one.content) // 2
    while size and tries > 0:
        at = 0
        while at < len(one.content) and tries > 0:
            tries -= 1
            candidate = Input(one.path, one.content[:at] + one.content[at + size :], one.beside)
            if _fails(subject, candidate, place):
                one = candidate
            else:
                at += size
        size //= 2
    return one


def _fails(subject: Target, one: Input, place: str) -> bool:
    error = attempt(subject, one)
    return error is not None and oracle.where(error) == place


def bound() -> None:
    """Bound the memory of this process, and end it when an input's time is over."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=ResourceWarning)


def main(name: str, seed: str, first: int, seconds: float, progress: int) -> None:
    """Check inputs from number `first` on for `seconds` of CPU."""
    subject = target(name, seed)
    bound()
    started = time.process_time()
    number, size, known = first, 0, set[str]()
    while (spent := time.process_time() - started) < seconds:
        os.pwrite(progress, PROGRESS.pack(number, size, spent), 0)
        try:
            one = subject.make(number)
        except MemoryError:  # of the mutation
            number += 1
            continue
        size += len(one.content)
        error = attempt(subject, one)
        if error is not None:
            place = oracle.where(error)
            report: dict[str, Any] = {"number": number, "place": place}
            if place not in known:
                report["trace"] = "".join(traceback.format_exception(error))[-3000:]
                cost = place.endswith(("slow", "memory"))
                report["input"] = _hex(one if cost else smaller(subject, one, place))
                known.add(place)
            sys.stdout.write(json.dumps(report) + "\n")
            sys.stdout.flush()
        number += 1
    os.pwrite(progress, PROGRESS.pack(number, size, time.process_time() - started), 0)


def _hex(one: Input) -> dict[str, str]:
    return {path.hex(): content.hex() for path, content in {**one.beside, one.path: one.content}.items()}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
