"""What a request has begun is looked after: it ends within minutes though its message is lost, and idle costs none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel
from tests.harness.analyses import RecordingMessenger
from tests.harness.faults import Crashed, Faults
from tests.harness.transitions import World, is_look

from archive.watch import LONGEST, LOOKS
from cargohold.contracts import TransitionRequest
from cargohold.database.connection import Database
from cargohold.errors import DatabaseUnavailable, StoreUnavailable
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.store import Warmth

FIRST = 240


class Freezer(MemoryStore):
    """An archive store whose bundles must be warmed up, when it is told so, or that is down."""

    cold = down = False

    def warm(self, keys: Any) -> Warmth:
        if self.down:
            raise StoreUnavailable(store="archive", reason="it is down for a test")
        return Warmth.WARMING if self.cold else super().warm(keys)


@dataclass
class Delays(RecordingMessenger):
    """A messenger that remembers what it was to deliver when. `refuses` are the messages that it cannot take."""

    looks: list[tuple[TransitionRequest, int]] = field(default_factory=list)
    refuses: Callable[[BaseModel], bool] = lambda message: False  # noqa: ARG005

    def send(self, queue: str, message: BaseModel, *, delay_seconds: int = 0) -> None:
        if self.refuses(message):
            raise StoreUnavailable(store=queue, reason="it is down for a test")
        if is_look(message):
            assert queue == "archive"
            assert isinstance(message, TransitionRequest)
            self.looks.append((message, delay_seconds))
        else:
            super().send(queue, message)

    def due(self) -> TransitionRequest:
        """Take the only look that is under way."""
        assert len(self.looks) == 1
        return self.looks.pop()[0]


class Watched(World):
    messenger: Delays
    archive: Freezer


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[Watched]:
    world = Watched(database, database_url, MemoryStore(), Freezer(), messenger=Delays(), watch_seconds=FIRST)
    yield world
    world.close()


def test_a_look_is_sent_before_anything_begins(world: Watched) -> None:
    world.push()
    world.messenger.refuses = is_look
    with pytest.raises(StoreUnavailable):
        world.do(Transition.ARCHIVE)
    assert world.status() == ("active", None)


def test_the_look_after_what_has_ended_says_nothing_and_sends_nothing(world: Watched) -> None:
    world.push()
    for transition in (Transition.ARCHIVE, Transition.RESTORE, Transition.DELETE_IMAGE, Transition.DELETE_ARCHIVE):
        request = world.do(transition)
        [(look, delay)] = world.messenger.looks
        assert (look.request_id, delay) == (request.request_id, FIRST)
        world.messenger.published.clear()
        assert world.deliver(world.messenger.due()).finished
        assert not world.messenger.published + world.messenger.sent + world.messenger.looks


def test_what_persist_lost_is_handed_over_again(world: Watched) -> None:
    world.push()
    world.do(Transition.ARCHIVE)
    world.messenger.looks.clear()
    world.deliver(world.request(Transition.RESTORE))
    world.messenger.sent.clear()
    world.deliver(world.messenger.due())
    assert [delay for _, delay in world.messenger.looks] == [2 * FIRST]  # persist may lose it again
    world.settle()
    assert world.status() == ("active", "archived")
    world.deliver(world.messenger.due())
    assert not world.messenger.looks


def test_a_look_begins_nothing(world: Watched) -> None:
    """A request that was refused or cancelled, or whose begin was never committed, stays so."""
    world.push()
    with pytest.raises(Crashed):
        world.deliver(world.request(Transition.ARCHIVE), Faults(4))  # the look is sent, nothing is committed
    assert world.status() == ("active", None)
    assert world.deliver(world.messenger.due()).finished
    assert world.status() == ("active", None)
    with pytest.raises(Crashed):
        world.deliver(world.request(Transition.ARCHIVE), Faults(12))
    assert world.status() == ("archiving", None)
    world.do(Transition.CANCEL)
    assert world.deliver(world.messenger.due()).finished
    assert world.status() == ("active", None)


def test_a_cold_bundle_is_waited_for_by_no_look(world: Watched) -> None:
    world.push()
    world.do(Transition.ARCHIVE)
    world.messenger.looks.clear()
    world.archive.cold = True
    request = world.do(Transition.RESTORE)
    assert not world.deliver(world.messenger.due()).finished
    assert not world.messenger.looks
    world.archive.cold = False
    world.deliver(request.model_copy(update={"requested_by": "archive-continue"}))  # as the store's event does
    assert len(world.messenger.looks) == 1  # what is handed to persist now is looked after
    world.settle()
    assert world.status() == ("active", "archived")


def test_while_a_store_is_down_it_comes_again_later_and_in_the_end_is_left_to_the_schedule(world: Watched) -> None:
    world.push()
    world.do(Transition.ARCHIVE)
    world.messenger.looks.clear()
    world.archive.down = True
    with pytest.raises(StoreUnavailable):
        world.do(Transition.RESTORE)
    delays = []
    while True:
        [(look, delay)] = world.messenger.looks
        delays.append(delay)
        if look.hops == LOOKS:
            break
        assert not world.deliver(world.messenger.due()).finished
    assert delays == [240, 480, *[LONGEST] * (LOOKS - 2)]
    with pytest.raises(StoreUnavailable):
        world.deliver(world.messenger.due())
    assert not world.messenger.looks


def test_a_database_that_is_down_stops_no_look(world: Watched) -> None:
    world.push()
    request = world.request(Transition.ARCHIVE)
    with pytest.raises(Crashed):
        world.deliver(request, Faults(12))
    look = world.messenger.due()
    assert not world.deliver(look, Faults(1, fail=True)).finished
    with pytest.raises(DatabaseUnavailable):
        world.deliver(request, Faults(1, fail=True))  # the queue brings the request itself again
    world.deliver(world.messenger.due())
    world.settle()
    assert world.status() == (None, "archived")
