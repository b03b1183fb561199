"""How long a registry is asked before its silence counts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import random

from cargohold.errors import DeadlineExceeded


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request is tried: `attempts` in all, waits doubling from `first` up to `longest` seconds.

    A `Retry-After` beyond `longest` is not waited for: the queue does that better. Nothing is tried again, and no
    answer read on, after `deadline` (of `time.monotonic`).
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 20.0
    sleep: Callable[[float], None] = time.sleep
    deadline: float | None = None

    def pause(self, attempt: int, asked: float | None = None) -> None:
        """Wait before the attempt after `attempt` (from 0): what the server asked for, or back-off with full jitter.

        Raises `DeadlineExceeded` instead when there is no time left for it.
        """
        backoff = min(self.longest, self.first * 2**attempt)
        seconds = asked if asked is not None else backoff * (0.5 + random() / 2)  # noqa: S311 -- jitter
        if self.deadline is not None and time.monotonic() + seconds > self.deadline:
            raise DeadlineExceeded(what="asking the registry again")
        self.sleep(seconds)
