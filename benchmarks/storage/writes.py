"""What an image costs to persist, beside the bare round trips, and what many writers do to each other."""

import gc
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

from benchmarks.storage.analyses import Writer
from benchmarks.storage.fleet import Fleet, Image, layer
from benchmarks.storage.packages import NPM, model
from benchmarks.storage.report import Report, processor_clock, timed
from pydantic import BaseModel

from cargohold.contracts import AnalysisReady
from cargohold.database.connection import Cursor, Database, connect
from cargohold.model import Package
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import DatabaseSettings
from cargohold.telemetry import logger
from persist import content
from persist.analysis import apply, persist_analysis

PACKAGES = 2_500  # of the image whose writing is measured
ROUNDS = 60
WRITERS = 8
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_RAW_IMAGE = """
INSERT INTO image (digest, media_type, layer_chain_id, analysis_id, analysis_sha256, catalog_version, analyzed_at)
VALUES (%s, '', %s, %s, %s, 1, now())
"""


class Nobody:
    """A messenger whose messages nobody wants."""

    def send(self, queue: str, message: BaseModel, *, delay_seconds: int = 0) -> None:
        """See `Messenger`."""

    def publish(self, event: BaseModel) -> None:
        """See `Messenger`."""

    def postpone(self, queue: str, receipt: str, *, receives: int) -> None:
        """See `Messenger`."""


class Writes:
    """Persists images that a loaded fleet has not seen."""

    def __init__(self, settings: DatabaseSettings, fleet: Fleet, report: Report, *, processor: bool = False) -> None:
        self._settings, self._fleet, self._report, self._processor = settings, fleet, report, processor
        self._database = Database(settings)
        self._store = MemoryStore()
        self._writer = Writer(self._store, fleet)
        logger.setLevel("ERROR")

    def sample(self, images: Iterator[Image], count: int) -> None:
        """Persist the next `count` images of the fleet: half of them by one writer, half by eight at once."""
        messages = [self._writer.message(image) for image in images][:count]
        if not messages:
            return
        one, many = messages[: count // 2], messages[count // 2 :]
        seconds = timed(lambda: [persist_analysis(self._database, self._store, Nobody(), m) for m in one])
        self._report.say("images a second, 1 writer", f"{len(one) / seconds:.0f}")
        before = self._deadlocks()
        self._database.close()
        shares = [many[number::WRITERS] for number in range(WRITERS)]
        context = multiprocessing.get_context("fork")
        started = time.perf_counter()
        workers = [context.Process(target=self._share, args=(share,)) for share in shares]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        seconds = time.perf_counter() - started
        self._report.say(f"images a second, {WRITERS} writers", f"{len(many) / seconds:.0f}")
        failed = sum(bool(worker.exitcode) for worker in workers)
        deadlocks = self._deadlocks() - before
        self._report.say("deadlocks, failed writers", f"{deadlocks}, {failed}", value=deadlocks + failed, target=0.5)

    def measure(self) -> None:
        """Measure one image of 2,500 packages: known, half new and new, and the bare round trips in turn."""
        # The fleet is millions of objects; a function has no such heap for its collector to walk.
        gc.collect()
        gc.freeze()
        known = [model(NPM, number, 1) for number in range(PACKAGES)]
        self._persist(0, known)
        times: dict[str, list[float]] = {"raw": [], "all known": [], "half new": [], "all new": []}
        whole: list[float] = []
        for number in range(1, ROUNDS + 1):
            new = [replace(one, version=f"9.{number}.0", purl=f"{one.purl}-{number}") for one in known]
            # As what it is compared with, right after documents were read: that empties the processors' caches.
            content.read(self._store, self._build(3 * number, known))
            times["raw"].append(self._raw())
            seconds, reading = self._persist(3 * number, known)
            times["all known"].append(seconds)
            whole.append(seconds + reading)
            times["half new"].append(self._persist(3 * number + 1, [*known[::2], *new[1::2]])[0])
            if number <= ROUNDS // 4:
                fresh = [replace(one, name=f"new-{number}-{place}") for place, one in enumerate(new)]
                times["all new"].append(self._persist(3 * number + 2, fresh)[0])
        for name, seconds_ in times.items():
            what = "bare round trips: a look-up, an image, COMMIT" if name == "raw" else f"persist, {name}"
            self._report.times(what, seconds_)
        self._report.times("persist, all known, reading its documents too", whole)
        ratio = statistics.median(times["all known"]) / statistics.median(times["raw"])
        self._report.say("persist, all known / bare", f"{ratio:.2f}", value=ratio, target=2, unit="x")
        added = self._added(10_000, known)
        self._report.say("rows added by a rebuild", f"{added}", value=added, target=20, unit="rows")

    def _share(self, messages: list[AnalysisReady]) -> None:
        own = Database(self._settings)
        for message in messages:
            persist_analysis(own, self._store, Nobody(), message)
        own.close()

    def _build(self, number: int, packages: list[Package]) -> AnalysisReady:
        at = next(iter(Fleet(1, stable=1).walk())).at + timedelta(days=900, minutes=number)
        image = Image(
            number=number,
            digest=sha256(f"measured {number}".encode()).digest(),
            at=at,
            repository="measured/app",
            tags=(f"build-{number}",),
            distro=("debian", "12"),
            layers=tuple(layer(name) for name in ("measured base", "measured state", f"measured build {number}")),
            sets=(),
            parent=b"",
            secrets=0,
        )
        return self._writer.with_packages(image, packages)

    def _persist(self, number: int, packages: list[Package]) -> tuple[float, float]:
        """Return the seconds of the transaction, and of reading the documents before it."""
        message = self._build(number, packages)
        with self._database.transaction() as cursor:
            clock = self._clock(cursor)
        started = clock()
        found = content.read(self._store, message)
        reading = clock() - started
        return timed(lambda: self._database.run(lambda cursor: apply(cursor, message, found)), clock), reading

    def _clock(self, cursor: Cursor) -> Callable[[], float]:
        if not self._processor:
            return time.perf_counter
        cursor.execute("SELECT pg_backend_pid()")
        return processor_clock(cursor.fetchone()[0])

    def _added(self, number: int, packages: list[Package]) -> int:
        message = self._build(number, packages)
        found = content.read(self._store, message)

        def work(cursor: Cursor) -> int:
            before = _rows(cursor)
            apply(cursor, message, found)
            return _rows(cursor) - before

        return self._database.run(work)

    def _raw(self) -> float:
        if not hasattr(self, "_bare"):
            self._bare = connect(self._settings, application_name="bare")
            with self._bare.cursor() as cursor:
                cursor.execute("SELECT sha256 FROM package_set LIMIT 1")
                self._set = cursor.fetchone()[0]
                cursor.execute("SELECT min(id) FROM layer_chain")
                self._chain = cursor.fetchone()[0]
        identifier = uuid4()
        with self._bare.cursor() as cursor:
            clock = self._clock(cursor)
        self._bare.commit()

        def work() -> None:
            with self._bare.cursor() as cursor:
                cursor.execute("SELECT sha256, id FROM package_set WHERE sha256 = ANY(%s)", ([self._set],))
                cursor.fetchall()
                digest = sha256(identifier.bytes).digest()
                cursor.execute(_RAW_IMAGE, (digest, self._chain, identifier, digest))
            self._bare.commit()

        return timed(work, clock)

    def _deadlocks(self) -> int:
        with self._database.transaction() as cursor:
            cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            return int(cursor.fetchone()[0])


def _rows(cursor: Cursor) -> int:
    # Counted, for what the server's statistics say of a session may still hold earlier transactions.
    cursor.execute(_TABLES)
    tables = [name for (name,) in cursor.fetchall()]
    rows = 0
    for table in tables:
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 -- a name that the catalog gave
        rows += cursor.fetchone()[0]
    return rows
