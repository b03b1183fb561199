"""Looking for clues in a file, in one pass over bounded parts of it."""

from collections.abc import Sequence
from typing import BinaryIO

from analyze.catalogers.binary.clues import AFTER, BEFORE, Clue, compiled

_PART = 4 << 20
_HITS = 20_000  # of one hook in one file


class Race:
    """Clues of which the best one that is found counts. `patient` races look for all of them.

    `found` has what clues found, by their number; `exhausted` says that hooks hit too often.
    """

    def __init__(self, clues: Sequence[Clue], *, patient: bool = False) -> None:
        self.found: dict[int, str] = {}
        self.exhausted = False
        self._patient = patient
        self._clues = list(clues)
        self._open: dict[bytes, list[int]] = {}
        for number, clue in enumerate(clues):
            self._open.setdefault(clue.hook, []).append(number)
        self._left = dict.fromkeys(self._open, _HITS)

    @property
    def best(self) -> str | None:
        """What the best clue found, or None."""
        return self.found[min(self.found)] if self.found else None

    def look(self, part: bytearray, start: int, stop: int, end: int) -> bool:
        """Search for hooks that start in one part; False when nothing better can follow."""
        for hook in list(self._open):
            if hook in self._open:
                self._hunt(hook, part, start, stop, end)
        return bool(self._open)

    def _hunt(self, hook: bytes, part: bytearray, start: int, stop: int, end: int) -> None:
        numbers = self._open[hook]
        for hit in compiled(hook).finditer(part, start, end):
            at = hit.start()
            if at >= stop:
                return
            self._left[hook] -= 1
            if self._left[hook] < 0:
                self.exhausted = True
                del self._open[hook]
                return
            for number in numbers:
                if self._holds(number, part, at, end):
                    self._close(number)
                    if not self._patient:
                        break
            if hook not in self._open:
                return
            numbers = self._open[hook]

    def _holds(self, number: int, part: bytearray, at: int, end: int) -> bool:
        clue = self._clues[number]
        expression = compiled(clue.expression)
        last = min(end, at + clue.after)
        if clue.before:
            found = expression.search(part, max(0, at - clue.before), last)
        else:
            found = expression.match(part, at, last)
        if found is None:
            return False
        if clue.beyond and not compiled(clue.beyond).search(part, found.end(), min(end, found.end() + clue.reach)):
            return False
        self.found[number] = found["version"].decode("ascii", "replace") if "version" in expression.groupindex else ""
        return True

    def _close(self, found: int) -> None:
        """Stop looking for a clue, and for those that are worse."""
        for hook, numbers in list(self._open.items()):
            left = [one for one in numbers if (one != found if self._patient else one < found)]
            if left:
                self._open[hook] = left
            else:
                del self._open[hook]


def scan(stream: BinaryIO, races: Sequence[Race]) -> None:
    """Run races over a stream until all are decided."""
    part = bytearray(_PART)
    view = memoryview(part)
    kept = start = 0
    running = list(races)
    while running:
        end = kept + _fill(stream, view[kept:])
        last = end < _PART
        stop = end if last else end - AFTER
        running = [race for race in running if race.look(part, start, stop, end)]
        if last:
            return
        first = stop - BEFORE
        kept, start = end - first, BEFORE
        part[:kept] = part[first:end]


def _fill(stream: BinaryIO, view: memoryview) -> int:
    """Read until a view is full or the stream ends."""
    size = 0
    while size < len(view):
        count = stream.readinto(view[size:])  # type: ignore[attr-defined]
        if not count:
            break
        size += count
    return size
