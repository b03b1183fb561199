"""Whenever the process dies, an analysis is in the primary store or, verified, in the archive, and a retry finishes."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.crashes import SCENARIOS, check, check_end, open_stores, take_up
from tests.harness.faults import Crashed, Faults
from tests.harness.rows import empty
from tests.harness.transitions import World

from cargohold.contracts import AnalysisReady, TransitionRequest
from cargohold.database.connection import Database
from cargohold.errors import DatabaseUnavailable, StoreUnavailable
from cargohold.lifecycle import Transition

STRIDE = 3  # every third moment in the quick suite, each of them in the slow one


@pytest.fixture(params=["file", "postgres"])
def world(request: pytest.FixtureRequest, database: Database, database_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(database, database_url, *open_stores(request.param, database_url, tmp_path))
    yield world
    world.close()


def reset(world: World) -> None:
    empty(world.database)
    for store in (world.primary, world.archive):
        for key in world.keys(store):
            store.delete(key)
    world.messenger.sent.clear()
    world.messenger.published.clear()


def moments(world: World, name: str) -> int:
    """Return at how many moments the process may die in a scenario."""
    scenario, faults = SCENARIOS[name], Faults()
    scenario.prepare(world)
    world.deliver(world.request(scenario.transition), faults)
    reset(world)
    return faults.reached


def crash(world: World, name: str, at: int) -> tuple[TransitionRequest, AnalysisReady]:
    """Die at the moment `at` and check what is left."""
    scenario = SCENARIOS[name]
    ready = scenario.prepare(world)
    world.messenger.published.clear()
    request = world.request(scenario.transition)
    with pytest.raises(Crashed):
        world.deliver(request, Faults(at))
    check(world, scenario, ready)
    return request, ready


def every_moment(world: World, name: str, stride: int) -> Iterator[tuple[TransitionRequest, AnalysisReady]]:
    total = moments(world, name)
    assert total > 10
    for at in range(1, total + 1, stride):
        yield crash(world, name, at)
        reset(world)


def finish_by_redelivery(world: World, name: str, stride: int) -> None:
    for request, ready in every_moment(world, name, stride):
        world.redeliver(request)
        world.settle()
        check_end(world, SCENARIOS[name], ready)


@pytest.mark.trap("B1")
@pytest.mark.trap("B17")
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_message_delivered_again_finishes(world: World, name: str) -> None:
    finish_by_redelivery(world, name, STRIDE)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_message_delivered_again_finishes_from_every_moment(world: World, name: str) -> None:
    finish_by_redelivery(world, name, 1)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_service_that_fails_at_any_call_loses_nothing(world: World, name: str) -> None:
    """Nothing dies: a store, the database or a queue is down at that call, and up again for the next delivery."""
    scenario = SCENARIOS[name]
    for at in range(1, moments(world, name) + 1, 2 * STRIDE + 1):
        ready = scenario.prepare(world)
        world.messenger.published.clear()
        request = world.request(scenario.transition)
        with pytest.raises((StoreUnavailable, DatabaseUnavailable)):
            world.deliver(request, Faults(at, fail=True))
        check(world, scenario, ready)
        world.redeliver(request)
        world.settle()
        check_end(world, scenario, ready)
        reset(world)


def finish_by_schedule(world: World, name: str, stride: int) -> None:
    for request, ready in every_moment(world, name, stride):
        begun = world.began(request)
        take_up(world)
        if begun:
            check_end(world, SCENARIOS[name], ready)
        else:  # nobody but the lost message knew of it
            check(world, SCENARIOS[name], ready)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_schedule_finishes_when_the_message_is_lost(world: World, name: str) -> None:
    finish_by_schedule(world, name, STRIDE + 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_schedule_finishes_from_every_moment(world: World, name: str) -> None:
    finish_by_schedule(world, name, 1)


def finish_by_look(world: World, name: str, stride: int) -> None:
    world.watch_seconds = 60
    scenario = SCENARIOS[name]
    for request, ready in every_moment(world, name, stride):
        world.look()
        image, archived = world.status()
        deleted = {Transition.DELETE_IMAGE: image, Transition.DELETE_ARCHIVE: archived}.get(
            scenario.transition, ""
        ) is None
        if deleted or world.began(request) or (name == "restore" and image == "active"):
            check_end(world, scenario, ready)
        else:  # it had not begun: a look begins nothing
            check(world, scenario, ready)
            assert (image, archived) == before(world, name)


def before(world: World, name: str) -> tuple[str | None, str | None]:
    """Return the statuses in which a scenario begins."""
    reset(world)
    SCENARIOS[name].prepare(world)
    return world.status()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_look_alone_finishes_when_the_message_is_lost(world: World, name: str) -> None:
    finish_by_look(world, name, 3 * STRIDE)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_look_alone_finishes_from_every_moment(world: World, name: str) -> None:
    finish_by_look(world, name, 1)


@pytest.mark.parametrize("name", ["archive", "restore"])
def test_dying_twice_is_no_worse(world: World, name: str) -> None:
    for request, ready in every_moment(world, name, 7):
        for at in range(3, 40, 9):
            try:
                world.deliver(request, Faults(at))
            except Crashed:
                check(world, SCENARIOS[name], ready)
        world.settle()
        if not (name == "restore" and world.status() == ("active", "archived")):
            world.redeliver(request)
            world.settle()
        check_end(world, SCENARIOS[name], ready)


def kill(world: World, name: str, at: int, tmp_path: Path, kind: str) -> None:
    scenario = SCENARIOS[name]
    ready = scenario.prepare(world)
    request = world.request(scenario.transition)
    world.database.close()
    victim = subprocess.run(
        [sys.executable, "-m", "tests.harness.victim", kind, world.url, str(tmp_path), str(at)],
        input=request.model_dump_json(),
        text=True,
        timeout=600,
        check=False,
        capture_output=True,
    )
    assert victim.returncode == -signal.SIGKILL, victim.stderr
    check(world, scenario, ready)
    # The row goes after the event was published, so a repetition that finds no row has nothing left to say.
    announced = scenario.transition is Transition.DELETE_ARCHIVE and world.status()[1] is None
    world.redeliver(request)
    world.settle()
    check_end(world, scenario, ready, announced=announced)
    reset(world)


@pytest.mark.parametrize(("name", "at"), [("archive", 9), ("archive", 30), ("restore", 12), ("delete", 8)])
def test_a_killed_process_loses_nothing(
    request: pytest.FixtureRequest, world: World, name: str, at: int, tmp_path: Path
) -> None:
    kill(world, name, at, tmp_path, request.node.callspec.params["world"])


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_process_killed_at_every_moment_loses_nothing(
    request: pytest.FixtureRequest, world: World, name: str, tmp_path: Path
) -> None:
    for at in range(1, moments(world, name) + 1):
        kill(world, name, at, tmp_path, request.node.callspec.params["world"])
