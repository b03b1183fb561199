"""Every event under `events/` given to its function by `sam local invoke`, and the API and the hooks over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from psycopg2 import sql
from tests.harness.postgres import PostgresServer
from tests.harness.sam import Local
from tests.harness.sam_world import World
from tests.harness.sample_events import ABSENT, OUTCOMES, PUBLISHED, REGISTRIES, delivered, line, samples

pytestmark = pytest.mark.slow


@pytest.fixture
def world(functions: Local, postgres: PostgresServer, tmp_path: Path) -> Iterator[World]:
    """A database without images, empty stores, and the registries that the samples are of."""
    with postgres.new_database() as url:
        world = World(functions, url, tmp_path, ABSENT)
        world.tell_registries(REGISTRIES)
        yield world


def rows(world: World) -> dict[str, int]:
    """Return how many rows each table has, messages apart."""
    tables = [name for (name,) in world.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    count = sql.SQL("SELECT count(*) FROM {}")
    return {name: world.query(count.format(sql.Identifier(name)))[0][0] for name in tables if name != "message"}


def test_every_event_has_its_function() -> None:
    assert samples().keys() == OUTCOMES.keys() | PUBLISHED


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_an_event_is_taken_by_its_function(world: World, name: str) -> None:
    outcome = OUTCOMES[name]
    before = rows(world)

    answer = world.invoke(outcome.function, delivered(samples()[name], outcome.function))

    assert answer == answer | outcome.answer
    messages = world.query("SELECT queue, body FROM message ORDER BY id")
    grown = [f"row: {table}" for table, count in sorted(rows(world).items()) for _row in range(count - before[table])]
    assert [*(line(queue, body) for queue, body in messages), *grown] == list(outcome.caused)


def test_the_api_and_the_hooks_answer_over_http(world: World) -> None:
    pushed = samples()["distribution-push"]
    with world.functions.serving(world.environment, world.mounts) as address:
        http = urllib3.PoolManager(timeout=600, retries=False)
        images = http.request("GET", f"{address}/v1/images?limit=10")
        unknown = http.request("GET", f"{address}/v1/nothing")
        body = pushed["body"]
        hook = http.request("POST", address + pushed["rawPath"], body=body, headers=pushed["headers"])
        forged = http.request("POST", address + pushed["rawPath"][:-1] + "0", body=body, headers=pushed["headers"])

    assert (images.status, images.json()["items"]) == (200, [])
    assert (unknown.status, unknown.json()["code"]) == (404, "route_unknown")
    assert (hook.status, forged.status) == (202, 401)
