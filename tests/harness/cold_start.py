"""What a cold start takes: a fresh environment of a function, invoked twice, with the processor of its memory."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.harness.deployment import Deployment

_PROCESSOR = 1769  # MB of memory that come with a whole one
# Of the emulator. What its REPORT line calls `Init Duration` is not it: the emulator initialises at the first
# invocation, and adds what that takes to `Duration`.
_INIT = re.compile(r"\(rapid\) INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKE = re.compile(r"\(rapid\) INVOKE RTDONE\(status: success, .*duration: ([\d.]+)ms\)")


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Seconds by the clock: of the initialisation, of the first invocation after it, and of the second one.

    `processor` are those of a processor that initialisation and first invocation took together, and `share` the part
    of a processor that the function has, or how many.
    """

    init: float
    first: float
    second: float
    processor: float
    share: float


def measure(deployment: Deployment, function: str, event: Callable[[], Any]) -> ColdStart:
    """Start an environment of a function and give it two events, which `event` makes when they are needed."""
    memory = deployment.shapes[function].memory
    share = min(memory / _PROCESSOR, os.cpu_count() or 1)
    container = deployment.new_environment(function, processors=share, verbose=True)
    container.start()
    try:
        container.invoke(event())
        processor = container.processor_seconds()
        container.invoke(event())
        log = container.log()
    finally:
        container.kill()
    (init,) = (float(found) / 1000 for found in _INIT.findall(log))
    first, second = (float(found) / 1000 for found in _INVOKE.findall(log))
    return ColdStart(init, first, second, processor, share)
