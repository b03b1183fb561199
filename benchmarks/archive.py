"""The archive in figures: what archiving frees, how fast it is, and what a run of rules costs over a large fleet.

    .venv/bin/python -m benchmarks.archive rules --images 1000000
    .venv/bin/python -m benchmarks.archive deletions --images 1000000
    .venv/bin/python -m benchmarks.archive fleet --images 1000

Each starts a Postgres of its own in a temporary directory and prints its figures. On a machine with other work,
read the processor's seconds: a run of rules and its server work side by side, on two cores.
"""

import argparse
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from benchmarks.archive_rows import ARCHIVE, FLEET

from archive.rule_run import run_rules
from archive.steps.run import Services
from archive.transitions import carry_out
from cargohold.contracts import ScheduledRun, TransitionRequest, now
from cargohold.database.connection import Database
from cargohold.database.migrate import migrate
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.objects.open import open_store
from cargohold.settings import DatabaseSettings
from cargohold.telemetry import logger
from cargohold_cli.postgres import LocalPostgres

REPOSITORY_IMAGES = 50  # of one repository; each image has a tag of its own and was `latest` once
PACKAGES = 300  # of an image of the fleet, most of them shared with the others of its repository
TABLES = ("image", "image_package_set", "secret", "package_set", "archived_image", "object", "object_chunk")


class Sink:
    """A messenger that counts what it is given and keeps runs that go on."""

    def __init__(self) -> None:
        self.requests = 0
        self.runs: list[ScheduledRun] = []
        self.sent: list[Any] = []
        self.keep = False

    def send(self, queue: str, message: Any, *, delay_seconds: int = 0) -> None:  # noqa: ARG002
        if isinstance(message, ScheduledRun):
            self.runs.append(message)
        else:
            self.requests += 1
            if self.keep:
                self.sent.append(message)

    def publish(self, event: Any) -> None:
        """See `Messenger`."""

    def postpone(self, queue: str, receipt: str, *, receives: int) -> None:
        """See `Messenger`."""


@contextmanager
def database() -> Iterator[tuple[str, Database]]:
    """Yield the URL of a migrated database, and the database."""
    directory = Path(tempfile.mkdtemp(prefix="ch-bench-", dir="/tmp"))
    directory.chmod(0o755)
    local = LocalPostgres(directory / "home", shared=directory / "shared", settings={"maintenance_work_mem": "256MB"})
    try:
        url = local.start()
        opened = Database(DatabaseSettings(database_url=url))
        migrate(opened)
        yield url, opened
        opened.close()
    finally:
        local.stop()
        shutil.rmtree(directory, ignore_errors=True)


def say(name: str, value: str) -> None:
    """Print one figure."""
    print(f"{name:<44} {value}", flush=True)


def execute(opened: Database, statements: str, parameters: dict[str, Any] | None = None) -> None:
    """Run statements outside of the time-outs of functions."""
    with opened.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(statements, parameters)


def add_rules(opened: Database, rules: dict[str, dict[str, Any]]) -> None:
    """Store rules."""
    for name, rule in rules.items():
        execute(
            opened,
            "INSERT INTO archive_rule (name, rule) VALUES (%(name)s, %(rule)s)",
            {"name": name, "rule": orjson.dumps({"transition": "archive"} | rule).decode()},
        )


def rules(images: int) -> None:
    """Run rules over a fleet whose images have two tags each, one of them moved over fifty images."""
    with database() as (_, opened):
        began = time.monotonic()
        fill(opened, images)
        say("images, references of each", f"{images:,}, 2 ({time.monotonic() - began:.0f} s to make)")
        sets: dict[str, dict[str, dict[str, Any]]] = {
            "age": {"z": {"analysis_age_days": 600, "selector": {"tag": "v*"}, "priority": 1}},
            "and age and newer under the tag": {"a": {"analysis_age_days": 90, "tag_versions_newer": 3}},
            "and images in the repository": {"b": {"repository_images_newer": 45}},
            "and a limit of images": {"c": {"max_images": images // 10}},
        }
        run_sets(opened, sets)


def deletions(images: int) -> None:
    """Run rules that delete over the same images, all of them archived."""
    with database() as (url, opened):
        began = time.monotonic()
        fill(opened, images)
        execute(opened, ARCHIVE)
        for table in ("image", "archived_image"):  # as autovacuum does
            with_autocommit(url, f"VACUUM ANALYZE {table}")
        say("archived images, references of each", f"{images:,}, 2 ({time.monotonic() - began:.0f} s to make)")
        sets: dict[str, dict[str, dict[str, Any]]] = {
            "age": {"z": {"transition": "delete", "analysis_age_days": 600, "priority": 1}},
            "and age and newer under the tag": {
                "a": {"transition": "delete", "analysis_age_days": 90, "tag_versions_newer": 3}
            },
            "and a limit of images": {"c": {"transition": "delete", "max_images": images // 10}},
        }
        run_sets(opened, sets)


def fill(opened: Database, images: int) -> None:
    """Make the fleet, and tell the planner of it."""
    execute(opened, FLEET, {"images": images, "repositories": max(1, images // REPOSITORY_IMAGES)})
    for table in ("image", "reference", "reference_event"):
        execute(opened, f"ANALYZE {table}")


def run_sets(opened: Database, sets: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Run the rules of each set beside those of the sets before it, and say what that took."""
    for name, more in sets.items():
        add_rules(opened, more)
        sink, parts = Sink(), 0
        waiting = [ScheduledRun(job="archive-rules", execution_id=name)]
        examined, began, cpu, served = 0, time.monotonic(), time.process_time(), server_seconds(opened)
        while waiting:
            examined += run_rules(opened, sink, waiting.pop()).examined
            waiting, sink.runs = sink.runs, []
            parts += 1
        seconds = time.monotonic() - began
        say(
            f"rules: {name}",
            f"{seconds:.1f} s (processor: ours {time.process_time() - cpu:.1f}, "
            f"the server's {server_seconds(opened) - served:.1f}), {examined:,} examined, "
            f"{sink.requests:,} requests, {parts} runs",
        )
    say("peak memory of the process", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")


def fleet(images: int) -> None:
    """Analyze a synthetic fleet, archive half of it, and bring some back."""
    from tests.harness.analyses import EPOCH, analysis_id, digest, package, pushed, store_analysis

    from persist.collect import collect
    from persist.messages import Dependencies, handle_message

    with database() as (url, opened), tempfile.TemporaryDirectory(prefix="ch-archive-") as directory:
        os.environ["DATABASE_URL"] = url
        primary, kept = open_store("postgres:"), open_store(Path(directory).as_uri())
        sink = Sink()
        sink.keep = True
        persist = Dependencies(opened, primary, sink)
        services = Services(opened, primary, kept, sink)
        for number in range(images):
            app = number // 10
            packages = [package(f"package-{app}-{one}", "1") for one in range(PACKAGES - 5)]
            packages += [package(f"package-{app}-own-{one}", str(number)) for one in range(5)]
            image, at = digest(f"{number}"), EPOCH
            message = store_analysis(
                primary,
                image,
                analysis_id(at, number),
                packages,
                references=(pushed(at, f"v{number}", digest=image, repository=f"app-{app}"),),
            )
            handle_message(message, persist)
        before = measured(opened)
        took = [timed(lambda n=n: ask(services, digest(f"{n}"), Transition.ARCHIVE)) for n in range(0, images, 2)]
        collect(opened, at=now() + timedelta(days=2), retention=timedelta(days=90))  # as persist does it daily
        for table in TABLES:
            with_autocommit(url, f"VACUUM FULL {table}")
        after = measured(opened)
        say("images archived", f"{len(took):,} of {images:,}")
        say("archiving an image, median and p95", percentiles(took))
        say("archived in an hour by one worker", f"{3600 / statistics.mean(took):,.0f}")
        for table in TABLES:
            rows, size = before[table]
            say(f"{table}: rows, bytes", f"{rows:,} -> {after[table][0]:,}, {size:,} -> {after[table][1]:,}")
        bundles = [info.size for info in kept.list("")]
        say("archive store, bytes", f"{sum(bundles):,} in {len(bundles):,} bundles")

        def restore(number: int) -> None:
            ask(services, digest(f"{number}"), Transition.RESTORE)
            while sink.sent:
                handle_message(sink.sent.pop(), persist)

        back = [timed(lambda n=n: restore(n)) for n in range(0, images, 2)[:200]]
        say("restoring an image, median and p95", percentiles(back))


def server_seconds(opened: Database) -> float:
    """Return the processor seconds of the server's process behind our connection (Linux)."""
    with opened.transaction() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        fields = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(services: Services, image: str, transition: Transition) -> None:
    """Carry out a transition."""
    carry_out(services, TransitionRequest(image=image, transition=transition, request_id=uuid7()))


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def percentiles(seconds: list[float]) -> str:
    """Return median and 95th percentile for people."""
    return f"{statistics.median(seconds) * 1000:.0f} ms, {statistics.quantiles(seconds, n=20)[-1] * 1000:.0f} ms"


def measured(opened: Database) -> dict[str, tuple[int, int]]:
    """Return rows and bytes (with indexes) of each table."""
    found = {}
    for table in TABLES:
        with opened.transaction() as cursor:
            cursor.execute(f"SELECT count(*), pg_total_relation_size('{table}') FROM {table}")  # noqa: S608
            found[table] = cursor.fetchone()
    return found


def with_autocommit(url: str, statement: str) -> None:
    """Run what cannot be in a transaction."""
    from cargohold.database.connection import connect

    connection = connect(DatabaseSettings(database_url=url), application_name="benchmark")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def main() -> None:
    """Run one of the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = {"rules": (rules, 1_000_000), "deletions": (deletions, 1_000_000), "fleet": (fleet, 1_000)}
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("--images", type=int)
    options = parser.parse_args()
    logger.setLevel("CRITICAL")
    os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"
    work, images = kinds[options.kind]
    work(options.images or images)


if __name__ == "__main__":
    main()
