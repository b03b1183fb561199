"""The audit: a sample, those read longest ago first, in parts that messages continue."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.harness.analyses import digest
from tests.harness.rows import execute, one
from tests.harness.transitions import World

from archive import audit as audit_module
from archive.audit import audit
from cargohold import digests
from cargohold.contracts import BundleDamaged, ScheduledRun
from cargohold.database.connection import Database
from cargohold.errors import ObjectCold, StoreUnavailable
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.memory import MemoryStore

RUN = ScheduledRun(job="archive-audit", execution_id="weekly")


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    world = World(database, database_url, MemoryStore(), MemoryStore())
    yield world
    world.close()


def archived(world: World, count: int) -> list[str]:
    """Archive so many images, the first of them first, and long ago."""
    for number in range(count):
        world.push(image=digest(f"{number}"), tag=f"v{number}", size=1)
        world.do(Transition.ARCHIVE, image=digest(f"{number}"))
        execute(
            world.database,
            "UPDATE archived_image SET archived_at = now() - make_interval(days => %s) WHERE digest = %s",
            (100 - number, digests.to_bytes(digest(f"{number}"))),
        )
    world.messenger.published.clear()
    return [digest(f"{number}") for number in range(count)]


def run_all(world: World, run: ScheduledRun = RUN, **options: Any) -> int:
    """Handle a run and its continuations; return how many there were."""
    waiting, handled = [run], 0
    while waiting:
        audit(world.services(), waiting.pop(0), **options)
        waiting += [message for _, message in world.messenger.sent if isinstance(message, ScheduledRun)]
        world.messenger.sent.clear()
        handled += 1
    return handled


def row(world: World, name: str) -> Any:
    return one(world.database, f"SELECT {name} FROM archive_audit WHERE execution_id = 'weekly'")


def looked_at(world: World) -> set[str]:
    with world.database.transaction() as cursor:
        cursor.execute("SELECT digest FROM archived_image WHERE audited_at IS NOT NULL")
        return {digests.to_text(row[0]) for row in cursor.fetchall()}


def test_the_oldest_are_read_first_and_the_next_audit_goes_on(world: World) -> None:
    images = archived(world, 5)
    run_all(world, RUN.model_copy(update={"sample": 2}))
    assert looked_at(world) == set(images[:2])
    assert (row(world, "whole"), row(world, "wanted")) == (2, 2)
    assert row(world, "finished_at") is not None
    run_all(world, RUN.model_copy(update={"sample": 2, "execution_id": "next"}))
    assert looked_at(world) == set(images[:4])


@pytest.mark.trap("B7")
def test_a_long_audit_goes_on_by_messages_and_reads_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = archived(world, 5)
    monkeypatch.setattr(audit_module, "BUNDLES", 2)
    assert run_all(world) == 3
    assert looked_at(world) == set(images)
    assert row(world, "whole") == 5
    assert row(world, "hops") == 2
    assert row(world, "bytes") == one(world.database, "SELECT sum(bundle_size)::bigint FROM archived_image")


def test_little_time_ends_a_part(world: World) -> None:
    archived(world, 3)
    assert run_all(world, enough=lambda: True) == 3
    assert row(world, "whole") == 3


def test_a_copy_of_a_message_reads_nothing_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    archived(world, 3)
    monkeypatch.setattr(audit_module, "BUNDLES", 2)
    audit(world.services(), RUN)
    (_, following) = world.messenger.sent.pop()
    assert isinstance(following, ScheduledRun)
    audit(world.services(), following)
    for copy in (RUN, following):
        assert audit(world.services(), copy).whole == 0
    assert not world.messenger.sent
    assert row(world, "whole") == 3


def test_what_is_damaged_or_gone_is_told_once_an_audit(world: World) -> None:
    images = archived(world, 3)
    keys = sorted(world.keys(world.archive))
    broken = next(key for key in keys if images[0] in key)
    with world.archive.get(broken) as reader:
        content = reader.read()
    world.archive.put(broken, [content[:-9]])
    world.archive.delete(next(key for key in keys if images[1] in key))
    run_all(world)
    assert (row(world, "whole"), row(world, "damaged"), row(world, "missing")) == (1, 1, 1)
    damage = "SELECT damage FROM archived_image WHERE digest = %s"
    assert one(world.database, damage, (digests.to_bytes(images[0]),)).startswith("object_corrupt: ")
    assert one(world.database, damage, (digests.to_bytes(images[1]),)).startswith("object_not_found: ")
    events = [event for event in world.messenger.published if isinstance(event, BundleDamaged)]
    assert [event.image for event in events] == images[:2]
    assert len({event.event_id for event in events}) == 2
    world.archive.put(broken, [content])
    run_all(world, RUN.model_copy(update={"execution_id": "next"}))
    assert one(world.database, damage, (digests.to_bytes(images[0]),)) == ""


def test_a_cold_bundle_is_counted_and_not_taken_for_damaged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    archived(world, 1)

    def cold(key: str) -> Any:
        raise ObjectCold(key=key)

    monkeypatch.setattr(world.archive, "get", cold)
    run_all(world)
    assert (row(world, "cold"), row(world, "damaged")) == (1, 0)
    assert not world.messenger.published


def test_a_store_that_is_down_says_nothing_of_its_bundles(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    archived(world, 1)

    def down(key: str) -> Any:
        raise StoreUnavailable(store="archive", reason="it is down")

    with monkeypatch.context() as broken:
        broken.setattr(world.archive, "get", down)
        with pytest.raises(StoreUnavailable):
            audit(world.services(), RUN)
    assert not looked_at(world)
    run_all(world)
    assert row(world, "whole") == 1


def test_a_bundle_that_was_replaced_meanwhile_is_nobodys(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (image,) = archived(world, 1)
    look_at = audit_module.look_at

    def replaced(store: Any, name: str, row: Any) -> Any:
        found = look_at(store, name, row)
        world.push(400, image=image, reason="manual")
        world.do(Transition.ARCHIVE, image=image)
        return found

    monkeypatch.setattr(audit_module, "look_at", replaced)
    run_all(world)
    assert row(world, "whole") == 0
    assert row(world, "finished_at") is not None


def test_how_many_are_wanted(world: World) -> None:
    archived(world, 2)
    audit(world.services(), RUN)
    assert row(world, "wanted") == audit_module.LEAST
