"""An import that dies leaves a whole archive or none, and a repetition finishes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.harness.analyses import digest
from tests.harness.crashes import open_stores
from tests.harness.faults import Crashed, Faults
from tests.harness.transitions import World

from archive import bundle
from archive.exchange import import_bundle
from cargohold.database.connection import Database
from cargohold.lifecycle import Transition

IMAGE = digest("image of format 1")
BUNDLE = Path(__file__).parents[1] / "unit" / "archive" / "data" / "bundle-format-1.tar.zst"


@contextmanager
def opened() -> Iterator[list[bytes]]:
    yield [BUNDLE.read_bytes()]


@pytest.fixture(params=["file", "postgres"])
def world(request: pytest.FixtureRequest, database: Database, database_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(database, database_url, *open_stores(request.param, database_url, tmp_path))
    yield world
    world.close()


def test_an_import_that_dies_at_any_moment_is_repeated(world: World) -> None:
    at = died = 0
    while True:
        at += 1
        faults = Faults(at)
        services = world.services(faults)
        try:
            import_bundle(services, BUNDLE.name, opened)
        except Crashed:
            died += 1
        finally:
            services.database.close()
        if world.status(IMAGE)[1] is not None:
            (key,) = {row for row in world.keys(world.archive) if row == _named(world)}
            with world.archive.get(key) as reader:
                bundle.verify(reader, key)
        assert import_bundle(world.services(), BUNDLE.name, opened).digest == IMAGE
        assert world.status(IMAGE) == (None, "archived")
        world.do(Transition.DELETE_ARCHIVE, image=IMAGE)
        assert not world.keys(world.archive), "what an import left is removed with the archive"
        if faults.reached < at:
            break
    assert died > 5


def _named(world: World) -> str:
    with world.database.transaction() as cursor:
        cursor.execute("SELECT bundle_key FROM archived_image")
        key: str = cursor.fetchone()[0]
        return key
