"""Rebuilds a lost database: archives first, then analyses, by the functions that own the rows."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from archive import reindex as archives
from archive.bundle import Verified
from cargohold.contracts import AnalysisReady
from cargohold.database.connection import Cursor, Database
from cargohold.digests import to_bytes
from cargohold.errors import (
    CargoholdError,
    DatabaseNotEmpty,
    InvalidDocument,
    ObjectCold,
    ObjectCorrupt,
    ObjectNotFound,
)
from cargohold.objects.store import ObjectStore
from persist import reindex as analyses
from persist.content import Content
from persist.guards import Decision
from persist.packages import Packages

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 8  # objects read ahead; rows are written by one, in the order of time
FAILURES = 1000  # kept with their reasons; the rest is counted

_DAMAGE = (InvalidDocument, ObjectCold, ObjectCorrupt, ObjectNotFound)


@dataclass(slots=True)
class Report:
    """What was rebuilt. `superseded` analyses are older than what their image has now."""

    archives: int = 0
    images: int = 0
    superseded: int = 0
    there_already: int = 0
    cold: int = 0
    failed: int = 0
    analyses: int = 0  # found in the object store
    failures: list[tuple[str, str, str]] = field(default_factory=list)  # key, code, message

    @property
    def complete(self) -> bool:
        """Whether everything in the stores was read."""
        return not self.failed and not self.cold

    def note(self, key: str, error: CargoholdError) -> None:
        """Count an object that could not be read."""
        if isinstance(error, ObjectCold):
            self.cold += 1
        else:
            self.failed += 1
        if len(self.failures) < FAILURES:
            self.failures.append((key, error.code, error.message))


@dataclass(slots=True)
class Rebuild:
    """One run. With `dry_run` everything is read and nothing is written."""

    database: Database
    primary: ObjectStore
    archive: ObjectStore
    dry_run: bool = False
    progress: Callable[[Report], None] = lambda _: None
    workers: int = WORKERS
    report: Report = field(default_factory=Report)

    def run(self, *, resume: bool) -> Report:
        """Rebuild. Raises `DatabaseNotEmpty` unless `resume`, and what says that a store or the database is away.

        What is damaged is reported and passed over. An interrupted run is taken up by another one.
        """
        if not resume and not self.database.run(analyses.is_empty):
            raise DatabaseNotEmpty
        self._archives()
        self._analyses()
        return self.report

    def _archives(self) -> None:
        def read(item: tuple[str, list[str]]) -> archives.Bundles[Packages]:
            return archives.read(self.archive, *item, analyses.packages_of)

        wanted = (item for item in archives.bundles(self.archive) if not self._known(item[0]))
        for _, future in _ahead(wanted, read, self.workers):
            found = future.result()
            for key, error in found.damaged:
                self.report.note(self.archive.at(key), error)
                if isinstance(error, ObjectCold) and not self.dry_run:
                    self.archive.warm([key])
            if found.verified is not None:
                self._write_archive(found, found.verified)
                self.report.archives += 1
            self.progress(self.report)

    def _known(self, image: str) -> bool:
        known = self.database.run(lambda cursor: archives.known(cursor, image))
        self.report.there_already += known
        return known

    def _write_archive(self, found: archives.Bundles[Packages], verified: Verified) -> None:
        if self.dry_run:
            return
        result, removals = archives.references_of(verified)
        packages = found.packages or Packages()

        def work(cursor: Cursor) -> None:
            if archives.known(cursor, found.image):
                return  # committed before, and the connection was lost with the answer
            archives.write(cursor, found, packages.visible)
            analyses.remember(cursor, packages, verified.history.analyzed_at)
            analyses.remember_references(cursor, result, removals, archives.first_seen(verified))

        self.database.run(work)

    def _analyses(self) -> None:
        found = analyses.stored_analyses(self.primary)
        self.report.analyses = len(found)
        done = self.database.run(analyses.current)
        self.report.there_already += sum(one[:16] in done for one in found)
        images: set[bytes] = set()
        for stored, future in _ahead(analyses.remaining(found, done), self._read, self.workers):
            try:
                message, content = future.result()
            except _DAMAGE as error:
                self.report.note(self.primary.at(f"analyses/{stored.image}/{stored.analysis_id}"), error)
                continue
            decision = Decision.WRITE if self.dry_run else analyses.write(self.database, message, content)
            image = to_bytes(stored.image)
            if decision is not Decision.WRITE or image in images:
                self.report.superseded += 1
            else:
                self.report.images += 1
            images.add(image)
            self.progress(self.report)

    def _read(self, stored: analyses.Stored) -> tuple[AnalysisReady, Content]:
        return analyses.read(self.primary, stored)


def _ahead(items: Iterable[T], work: Callable[[T], R], workers: int) -> Iterator[tuple[T, Future[R]]]:
    """Yield each item with `work` of it, done by threads some items ahead, in order."""
    pending: deque[tuple[T, Future[R]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                pending.append((item, pool.submit(work, item)))
                if len(pending) > workers:
                    yield pending.popleft()
            while pending:
                yield pending.popleft()
        finally:
            for _, future in pending:
                future.cancel()
