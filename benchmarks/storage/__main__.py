"""Measures the database of a fleet: its size, every question, and writing: `make bench-storage`.

Two synthetic fleets, one after the other, each in a database of its own: in the first the dependencies of an
application change every 10 builds, in the second, less kind one every 3.3. The targets bind on the first. With
--check (`make bench-storage CHECK=1`) a missed target is exit status 1.
"""

import argparse
import sys
import time
from itertools import islice

from benchmarks.storage import flat
from benchmarks.storage.fleet import LIFE, START, Fleet
from benchmarks.storage.load import Loader
from benchmarks.storage.reads import Reads
from benchmarks.storage.report import Figure, Report
from benchmarks.storage.server import server
from benchmarks.storage.subjects import choose
from benchmarks.storage.writes import Writes

from cargohold.database.connection import Database, Timeouts
from cargohold.database.migrate import migrate
from cargohold.settings import DatabaseSettings

STABLE = {"kind": 10.0, "less kind": 10 / 3}  # builds with the same dependencies
SAMPLE = 2_000  # images that go through the writer, at most one in ten
_TABLES = """
SELECT relname, pg_total_relation_size(oid), pg_indexes_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC
"""


def main() -> int:
    """Run and return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.storage", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--fleet", choices=STABLE, help="only this one")
    parser.add_argument(
        "--processor", action="store_true", help="time by the processors' time, for a machine that is busy"
    )
    parser.add_argument("--check", action="store_true", help="exit status 1 when a target is missed")
    options = parser.parse_args()
    figures: list[Figure] = []
    for name in [options.fleet] if options.fleet else STABLE:
        with server() as url:
            figures += measure(url, name, options.images, processor=options.processor)
    missed = [figure for figure in figures if figure.binding and not figure.met]
    for figure in missed:
        print(f"missed: {figure.what}: {figure.shown}, not {figure.target:g} {figure.unit}")
    return int(bool(missed) and options.check)


def measure(url: str, name: str, images: int, *, processor: bool) -> list[Figure]:
    """Load one fleet, ask it, and write to it."""
    print(f"{images:,} images, the {name} fleet", flush=True)
    report = Report(binding=name == "kind")
    settings = DatabaseSettings(database_url=url)
    database = Database(settings, timeouts=Timeouts(statement=0, idle_session=0, idle_in_transaction=0))
    migrate(database)
    fleet = Fleet(images, stable=STABLE[name])
    loader, walk, sample = Loader(database, fleet, until=START + LIFE), fleet.walk(), min(SAMPLE, images // 10)
    started = time.monotonic()
    loader.load(walk, images - sample)
    loader.finish()
    report.say("loaded in bulk", f"{loader.images:,} images in {time.monotonic() - started:.0f} s")
    report.say("distinct sets, packages", f"{len(fleet.sets):,}, {len(fleet.pool.rows):,}")
    report.say("memberships of sets", f"{sum(len(found.members) for found in fleet.sets):,}")
    maintain(url)
    writes = Writes(settings, fleet, report, processor=processor)
    writes.sample(islice(walk, sample), sample)
    maintain(url)
    size = sizes(database, report, images)
    subjects = choose(fleet, loader)
    Reads(database, fleet, subjects, report, processor=processor).measure()
    writes.measure()
    flat.measure(database, subjects, report, ours=size)
    database.close()
    return report.figures


def maintain(url: str) -> None:
    """Do what autovacuum does in time."""
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute("VACUUM ANALYZE")
    connection.close()


def sizes(database: Database, report: Report, images: int) -> int:
    """Report the bytes of all tables and return their sum."""
    with database.transaction() as cursor:
        cursor.execute(_TABLES)
        tables = cursor.fetchall()
    total = sum(size for _, size, _ in tables)
    for table, size, indexes in tables:
        if size > total / 200:
            report.say(f"{table}: MB, of which indexes", f"{size / 1e6:,.1f}, {indexes / 1e6:,.1f}")
    report.say("bytes an image, all tables", f"{total / images:,.0f}")
    # The target is for a million; fewer images share less.
    target = 2.5 if images >= 1_000_000 else 0
    report.say("database, all tables, GB", f"{total / 1e9:.3f}", value=total / 1e9, target=target, unit="GB")
    return int(total)


if __name__ == "__main__":
    sys.exit(main())
