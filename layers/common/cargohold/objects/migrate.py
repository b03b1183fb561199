"""Moves objects from one store to another, online.

New objects go to the new store and readers look into both (`wrappers/joined.py`). This copies what is in
the old one, pass after pass, until a pass finds nothing to do: what was written to the old store behind a
listing is in the next one. No state is kept: what is there already is found there, so a run that was
killed is simply started again.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

from cargohold.errors import CargoholdError, InvalidConfiguration, ObjectNotFound
from cargohold.objects.moving import Mover, Outcome
from cargohold.objects.store import ObjectInfo, ObjectStore

WORKERS = 8

_IN_A_ROW = 100  # failures after which a store counts as broken
_KEPT = 1000  # keys that a report names


@dataclass
class Report:
    """Counts of objects, and the bytes of those moved, as stored."""

    moved: int = 0
    skipped: int = 0  # they were in the target already, the same
    failed: int = 0
    deleted: int = 0  # in the source, of those moved and skipped
    bytes: int = 0
    passes: int = 0
    complete: bool = False  # the last pass found nothing to do
    vanished: list[str] = field(default_factory=list)  # keys that somebody else deleted meanwhile
    failures: list[tuple[str, str, str]] = field(default_factory=list)  # key, code, message

    @property
    def succeeded(self) -> bool:
        """Whether everything is in the new store."""
        return self.complete and not self.failed


Found = tuple[str, "Future[tuple[Outcome | None, int]]"]


class Migration:
    """A run from `source` to `target`; `progress` is told after every object."""

    def __init__(
        self,
        source: ObjectStore,
        target: ObjectStore,
        *,
        delete_source: bool = False,
        progress: Callable[[Report], None] | None = None,
        workers: int = WORKERS,
    ) -> None:
        self._source = source
        self._target = target
        self._delete_source = delete_source
        self._mover = Mover(source, target, delete_source=delete_source)
        self._progress = progress or (lambda _: None)
        self._workers = workers
        self._failed: set[str] = set()
        self._in_a_row = 0
        self.report = Report()

    def run(self) -> Report:
        """Move everything. What an object raises is counted; a listing that fails ends the run.

        Raises `InvalidConfiguration` when both are one store, `StoreUnavailable` and `StoreForbidden`.
        """
        self._check_apart()
        while self._pass(self._mover.move):
            if self._in_a_row >= _IN_A_ROW:
                return self.report
        self.report.complete = True
        return self.report

    def dry_run(self) -> Report:
        """Count what one pass of `run` would do; `moved` are those to be moved. Nothing is written."""
        self._pass(self._mover.look)
        self.report.complete = self._in_a_row < _IN_A_ROW
        return self.report

    def _pass(self, handle: Callable[[str], tuple[Outcome | None, int]]) -> bool:
        """Go through the source once; tell whether there was anything to do."""
        report = self.report
        report.passes += 1
        before = (report.moved, report.deleted)
        with closing(self._each(handle)) as results:
            for key, result in results:
                try:
                    self._count(key, *result.result())
                except CargoholdError as error:
                    self._fail(key, error)
                self._progress(report)
                if self._in_a_row >= _IN_A_ROW:
                    return True
        return (report.moved, report.deleted) != before

    def _each(self, handle: Callable[[str], tuple[Outcome | None, int]]) -> Generator[Found, None, None]:
        again = self.report.passes > 1
        waiting: deque[Found] = deque()
        pool = ThreadPoolExecutor(self._workers)
        try:
            for info, there in _side_by_side(self._source, self._target):
                # What is in both was compared by the first pass, or is about to be deleted.
                if info.key in self._failed or (again and there and not self._delete_source):
                    continue
                waiting.append((info.key, pool.submit(handle, info.key)))
                if len(waiting) >= 2 * self._workers:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            pool.shutdown(cancel_futures=True)

    def _count(self, key: str, outcome: Outcome | None, size: int) -> None:
        report = self.report
        self._in_a_row = 0
        if outcome is Outcome.VANISHED:
            report.vanished = [*report.vanished, key][:_KEPT]
            return
        report.deleted += self._delete_source
        if outcome is not Outcome.SKIPPED:
            report.moved += 1
            report.bytes += size
        elif report.passes == 1 or self._delete_source:
            report.skipped += 1  # later it is our own copy, which a listing did not have yet

    def _fail(self, key: str, error: CargoholdError) -> None:
        self._failed.add(key)
        self._in_a_row += 1
        self.report.failed += 1
        if len(self.report.failures) < _KEPT:
            self.report.failures.append((key, error.code, error.message))

    def _check_apart(self) -> None:
        """Raise `InvalidConfiguration` when an object put into the target is in the source."""
        key = f"cargohold-check/{uuid4()}"
        self._target.put(key, [b"which store is this?"])
        try:
            with suppress(ObjectNotFound):
                self._source.head(key)
                raise InvalidConfiguration(setting="--to", reason=f"{self._target.name} is {self._source.name}")
        finally:
            self._target.delete(key)


def check_urls(source: str, target: str) -> None:
    """Raise `InvalidConfiguration` when one store is within the other: its objects would be moved too."""
    one, other = (_place(url) for url in (source, target))
    if one[0] == other[0] and (one[1].startswith(other[1]) or other[1].startswith(one[1])):
        raise InvalidConfiguration(setting="--to", reason=f"{target!r} and {source!r} overlap")


def _place(url: str) -> tuple[object, str]:
    parts = urlsplit(url)
    apart = sorted(word for word in parts.query.split("&") if word.startswith(("endpoint=", "credentials=")))
    return (parts.scheme, parts.netloc, apart), parts.path.strip("/") + "/" if parts.path.strip("/") else ""


def _side_by_side(source: ObjectStore, target: ObjectStore) -> Iterator[tuple[ObjectInfo, bool]]:
    """Yield the objects of `source`, and whether `target` lists one of the same key: both are in order."""
    others = iter(target.list())
    other = next(others, None)
    for info in source.list():
        while other is not None and other.key < info.key:
            other = next(others, None)
        yield info, other is not None and other.key == info.key
