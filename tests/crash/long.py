"""The long crash run: `python -m tests.crash.long N [SEED]` (`make crash N=2000`).

Each crash is a process of its own, which carries out a transition over a real Postgres and a pair of stores and is
killed with SIGKILL: at a step's boundary, or from outside after a random time, alone or beside a second worker with
the same message. Some find a store that fails at one of its calls instead. Then the invariant is checked, the message
comes again or is lost and the schedule takes over, and the end is checked: one state, every document byte for byte,
the same rows after a restore as before the archiving.

Prints crashes, lost, altered and unconverged; the exit code is 1 when one of the last three is not 0.
"""

import argparse
import itertools
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.parts import run_parts, say
from tests.crash.plans import Plan, plan
from tests.harness.crashes import SCENARIOS, Scenario, check, check_end, open_stores, take_up
from tests.harness.faults import Crashed, Faults, LastingMessenger, published
from tests.harness.moto import moto_server
from tests.harness.postgres import postgres_server
from tests.harness.rows import empty
from tests.harness.swift import running as swift_node
from tests.harness.transitions import World

from archive.audit import audit
from cargohold.contracts import AnalysisReady, ScheduledRun, TransitionRequest
from cargohold.database.connection import Database
from cargohold.errors import CargoholdError
from cargohold.lifecycle import Transition
from cargohold.settings import DatabaseSettings
from cargohold.telemetry import logger

DRIVERS = ("file", "postgres", "s3", "memory", "swift")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
EVENTS = "events"  # the file of what killed processes published

_ROWS = """
SELECT 'image', i.digest::text, i.analysis_id::text, i.package_count::text, i.os, i.distro_id FROM image i
UNION ALL
SELECT s.cataloger, s.scope, p.sha256::text, '', '', '' FROM image_package_set s JOIN package_set p ON p.id = s.set_id
UNION ALL
SELECT 'secret', rule, path, digest, line::text, '' FROM secret
ORDER BY 1, 2, 3, 4, 5, 6
"""


@dataclass
class Tally:
    """What the run has counted. `failures` tells how to repeat each."""

    crashes: int = 0
    lost: int = 0
    altered: int = 0
    unconverged: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def carry_out(planned: Plan, url: str, directory: Path, request: TransitionRequest, at: int) -> None:
    """Be the process that dies. Stores and connections are its own."""
    database = Database(DatabaseSettings(database_url=url), application_name="victim")
    stores = open_stores(planned.pair, url, directory)
    world = World(database, url, *stores, messenger=LastingMessenger(directory / EVENTS), watch_seconds=60)
    with suppress(CargoholdError):  # refused, or the other worker was faster
        world.deliver(request, Faults(at, hard=True))


def kill(planned: Plan, world: World, directory: Path, request: TransitionRequest) -> bool:
    """Let processes carry out `request` and kill them; tell whether one died."""
    if "memory" in planned.pair:
        try:
            world.deliver(request, Faults(planned.at))
        except Crashed:
            return True
        except CargoholdError:
            return False
        return False
    workers = []
    for number in range(2 if planned.kind == "two workers" else 1):
        child = os.fork()
        if child == 0:
            try:
                at = 0 if planned.kind == "outside" else max(1, planned.at - 7 * number)
                carry_out(planned, world.url, directory, request, at)
            except BaseException as error:  # noqa: BLE001 -- the parent must not live on in the child
                sys.stderr.write(f"{planned}: {error!r}\n")
                os._exit(3)
            os._exit(0)
        workers.append(child)
    if planned.kind != "boundary":
        time.sleep(planned.after)
        for child in workers:
            os.kill(child, signal.SIGKILL)
    codes = [os.waitpid(child, 0)[1] for child in workers]
    events, looks = published(directory / EVENTS)
    world.messenger.published += events
    world.messenger.sent += [("archive", look) for look in looks]
    died = [os.WIFSIGNALED(code) or os.WEXITSTATUS(code) == 137 for code in codes]
    return any(died)


def crash(planned: Plan, url: str, directory: Path, tally: Tally) -> None:
    """Do one crash and count what became of it."""
    database = Database(DatabaseSettings(database_url=url), application_name="crash")
    world = World(database, url, *open_stores(planned.pair, url, directory), watch_seconds=60)
    scenario = SCENARIOS[planned.name]
    try:
        reset(world)
        ready = scenario.prepare(world)
        rows = contents(world)
        world.messenger.published.clear()
        request = world.request(scenario.transition)
        if planned.kind == "store fails":
            died = fail(world, planned, request)
        else:
            world.close()
            world.own = None
            database.close()  # a connection must not be in two processes
            died = kill(planned, world, directory, request)
        if not died:
            return
        tally.crashes += 1
        tally.kinds[f"{planned.pair}, {planned.kind}"] += 1
        judge(world, scenario, ready, tally, planned)
        converge(world, scenario, ready, request, planned, tally)
        if scenario.transition is Transition.ARCHIVE and world.status() == (None, "archived"):
            world.do(Transition.RESTORE)
            if planned.name != "re-archive" and contents(world) != rows:
                tally.altered += 1
                tally.failures.append(f"{planned}: other rows after a restore")
            judge(world, SCENARIOS["restore"], ready, tally, planned)
    finally:
        world.close()
        database.close()


def fail(world: World, planned: Plan, request: TransitionRequest) -> bool:
    """Carry out `request` while a store is down at one of its calls; tell whether it came to that call."""
    faults = Faults(planned.at, fail=True)
    with suppress(CargoholdError):
        world.deliver(request, faults)
    return faults.reached >= planned.at


def judge(world: World, scenario: Scenario, ready: AnalysisReady, tally: Tally, planned: Plan) -> None:
    """Check the invariant as it stands."""
    primary, bundled = present(world.in_primary, ready), present(world.in_archive, ready)
    for held in (primary, bundled):
        if isinstance(held, str):
            tally.altered += 1
            tally.failures.append(f"{planned}: {held}")
            return
    try:
        check(world, scenario, ready)
    except AssertionError as error:
        tally.lost += 1
        tally.failures.append(f"{planned}: {error}")


def present(held: Any, ready: AnalysisReady) -> bool | str:
    """Return whether a store has an analysis, or what is wrong with it there."""
    try:
        return bool(held(ready))
    except (AssertionError, CargoholdError) as error:
        return f"{type(error).__name__} {error}"


def converge(
    world: World, scenario: Scenario, ready: AnalysisReady, request: TransitionRequest, planned: Plan, tally: Tally
) -> None:
    """Deliver the message again, or lose it and let the schedule take over; the end must be reached."""
    finished = restored(world, scenario)
    try:
        if planned.lose_message and planned.looked_after:
            world.look()
            if not began(world, scenario, request):
                return
        elif planned.lose_message and not world.began(request):
            return  # nobody knows of it; what is there stays
        elif planned.lose_message and not finished:
            take_up(world)
            if not done(world, scenario):
                world.redeliver(request)  # the rest of a deletion that the row no longer names
        elif not finished:
            world.redeliver(request)
            world.redeliver(request)  # and a copy of it
        world.settle()
        if not (planned.lose_message and planned.looked_after):
            take_up(world)
        if planned.kind == "two workers" and planned.lose_message:
            audit(world.services(), ScheduledRun(job="archive-audit"))  # finds what the second one put too late
        check_end(world, scenario, ready)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        tally.unconverged += 1
        where = traceback.extract_tb(error.__traceback__)[-1]
        tally.failures.append(f"{planned}: {type(error).__name__} {error} in `{where.line}`")


def began(world: World, scenario: Scenario, request: TransitionRequest) -> bool:
    """Tell whether anything has come of the request; of a deletion no row may be left that names it."""
    image, archived = world.status()
    gone = {Transition.DELETE_IMAGE: image is None, Transition.DELETE_ARCHIVE: archived is None}
    return gone.get(scenario.transition, restored(world, scenario)) or world.began(request)


def restored(world: World, scenario: Scenario) -> bool:
    return scenario.transition is Transition.RESTORE and world.status() == ("active", "archived")


def done(world: World, scenario: Scenario) -> bool:
    """Tell whether nothing is left of what the scenario removes."""
    image, archived = world.status()
    if scenario.transition is Transition.DELETE_IMAGE:
        return image is None and not any(key.startswith("analyses/") for key in world.keys(world.primary))
    return scenario.transition is not Transition.DELETE_ARCHIVE or archived is None


def contents(world: World) -> list[tuple[Any, ...]]:
    """Return the rows of the image, without keys and times of this database."""
    with world.database.transaction() as cursor:
        cursor.execute(_ROWS)
        return list(cursor.fetchall())


def reset(world: World) -> None:
    """Empty the database and both stores."""
    empty(world.database)
    for store in (world.primary, world.archive):
        for key in world.keys(store):
            store.delete(key)


def main() -> int:
    """Run the crashes and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crashes", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one of them, to repeat it")
    parser.add_argument("--drivers", nargs="+", choices=DRIVERS, default=DRIVERS, help="those to pair")
    parser.add_argument("--jobs", type=int, default=1, help="parts that run side by side")
    parser.add_argument("--every", type=int, nargs=2, default=(1, 0), metavar=("JOBS", "JOB"), help="be one of them")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background
    os.environ.update(ENVIRONMENT)
    began = time.monotonic()
    if options.jobs > 1:
        drivers = ["--drivers", *options.drivers]
        lines, (crashes, *bad) = run_parts(options.crashes, options.jobs, [str(options.seed), *drivers])
        return say(lines, crashes, bad, options.seed, began)
    logger.setLevel("CRITICAL")
    pairs = [f"{primary} {archive}" for primary in options.drivers for archive in options.drivers]
    tally = Tally()
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        os.environ["TEST_S3"] = stack.enter_context(moto_server())
        url = stack.enter_context(server.new_database())
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        if "swift" in options.drivers:
            (directory / "swift").mkdir()
            swift = stack.enter_context(swift_node(directory / "swift"))
            os.environ.update(swift.environment)
            for name in ("primary", "archive"):
                swift.new_container(f"crash-{name}")
        with suppress(KeyboardInterrupt):  # what was counted until then is printed
            for number in (
                itertools.count(options.every[1], options.every[0]) if options.only is None else [options.only]
            ):
                if tally.crashes >= options.crashes:
                    break
                crash(plan(number, options.seed, pairs), url, directory, tally)
                if sys.stderr.isatty() and number % 10 == 0:
                    sys.stderr.write(f"\r{tally.crashes} of {options.crashes}")
    lines = [f"  {count:5}  {kind}" for kind, count in sorted(tally.kinds.items())] + tally.failures[:50]
    return say(lines, tally.crashes, [tally.lost, tally.altered, tally.unconverged], options.seed, began)


if __name__ == "__main__":
    sys.exit(main())
