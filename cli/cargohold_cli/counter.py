"""Shows how far something is: one line that changes on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType

from cargohold_cli.output import say

_ON_A_TERMINAL, _ELSEWHERE = 0.1, 10.0  # seconds between two lines


class Counter:
    """A context in which `show` may be called as often as one likes."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = time.monotonic()

    def __enter__(self) -> "Counter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, text: str) -> None:
        """Show where it is, if the last time was long enough ago."""
        moment = time.monotonic()
        if moment - self._shown < (_ON_A_TERMINAL if self._terminal else _ELSEWHERE):
            return
        self._shown = moment
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
        else:
            say(text)
