"""Transitions among messages that come late, twice and out of order; beside pushes; over stores that fail."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from tests.harness.analyses import EPOCH, analysis_id, digest, pushed
from tests.harness.rows import execute, one
from tests.harness.transitions import IMAGE, RUN, World

from archive.audit import audit
from archive.resume import resume
from archive.transitions import carry_out
from cargohold import digests
from cargohold.contracts import AnalysisReady, ScheduledRun
from cargohold.database.connection import Database
from cargohold.errors import (
    ArchiveUnknown,
    DatabaseUnavailable,
    ImageUnknown,
    InvalidBundle,
    ObjectCorrupt,
    ObjectNotFound,
    StoreForbidden,
    StoreUnavailable,
    TransitionConflict,
)
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore, Warmth
from cargohold.settings import DatabaseSettings

KEY = (digests.to_bytes(IMAGE),)


class Hooked(MemoryStore):
    """A store that calls `before[verb](key)`; what a hook raises, the verb raises."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[str], Any]] = {}
        self.warmth = Warmth.READABLE

    def _call(self, verb: str, key: str) -> None:
        hook = self.before.get(verb)
        if hook is not None:
            hook(key)

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        info = super().put(key, content, if_absent=if_absent)
        self._call("after put", key)
        return info

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        self._call("get", key)
        with super().get(key) as reader:
            yield reader

    def delete(self, key: str) -> None:
        self._call("delete", key)
        super().delete(key)

    def warm(self, keys: Iterable[str]) -> Warmth:
        assert [key for key in keys if self.head(key)]
        return self.warmth

    def damage(self, key: str) -> None:
        with super().get(key) as reader:
            content = b"".join(reader)
        super().put(key, [content[:-5] + b"\0" + content[-4:]])


def fails(key: str) -> None:
    raise StoreUnavailable(store="test", reason="it is switched off")


def once(store: Hooked, verb: str, action: Callable[[], Any]) -> None:
    """Do `action` at the next `verb`, and never again."""

    def hook(key: str) -> None:
        del store.before[verb]
        action()

    store.before[verb] = hook


@pytest.fixture
def world(database: Database, database_url: str) -> Iterator[World]:
    world = World(database, database_url, Hooked(), Hooked())
    yield world
    world.close()


def hooked(store: ObjectStore) -> Hooked:
    assert isinstance(store, Hooked)
    return store


def archived_with_clean_up_left(world: World) -> tuple[AnalysisReady, Any]:
    ready = world.push()
    hooked(world.primary).before["delete"] = lambda key: fails(key) if key.startswith("analyses/") else None
    request = world.request(Transition.ARCHIVE)
    with pytest.raises(StoreUnavailable):
        world.deliver(request)
    hooked(world.primary).before.clear()
    assert world.status() == (None, "archived")
    assert world.in_primary(ready)
    return ready, request


@pytest.mark.trap("B1")
def test_a_late_clean_up_leaves_a_newer_analysis_alone(world: World) -> None:
    old, request = archived_with_clean_up_left(world)
    new = world.push(400)
    world.deliver(request)
    assert world.status() == ("active", "archived")
    assert world.in_primary(new)
    assert not world.in_primary(old)
    assert world.in_archive(old)


@pytest.mark.trap("B1")
def test_an_analysis_that_is_announced_during_its_clean_up_is_made_anew(world: World) -> None:
    """A push found the old analysis finished, before its claim was deleted."""
    old, request = archived_with_clean_up_left(world)
    world.messenger.sent.clear()
    world.persist(old.model_copy(update={"references": (pushed(EPOCH + timedelta(days=400), digest=IMAGE),)}))
    assert world.status() == (None, "archived")
    assert [(queue, sent.image, sent.force) for queue, sent in world.messenger.sent] == [("analyze", IMAGE, True)]
    new = world.push(400)
    world.deliver(request)
    assert world.status() == ("active", "archived")
    assert world.in_primary(new)
    assert not world.in_primary(old)


@pytest.mark.trap("B1")
def test_a_restore_before_the_clean_up_keeps_its_documents(world: World) -> None:
    old, request = archived_with_clean_up_left(world)
    world.do(Transition.RESTORE)
    assert one(world.database, "SELECT primary_keys FROM archived_image") == []
    world.deliver(request)
    assert world.status() == ("active", "archived")
    assert world.in_primary(old)


@pytest.mark.trap("B1")
def test_a_clean_up_during_a_restore_waits(world: World) -> None:
    old, request = archived_with_clean_up_left(world)
    once(hooked(world.primary), "after put", lambda: world.redeliver(request))
    world.do(Transition.RESTORE)
    assert world.status() == ("active", "archived")
    assert world.in_primary(old)


@pytest.mark.trap("B1")
def test_what_an_older_archiving_left_is_removed_with_a_newer_one(world: World) -> None:
    old, _ = archived_with_clean_up_left(world)
    new = world.push(400)
    world.do(Transition.ARCHIVE)
    assert world.in_archive(new)
    assert not world.keys(world.primary)
    assert not world.in_primary(old)


@pytest.mark.trap("B2")
def test_a_tag_after_the_bundle_is_built_is_not_lost(world: World) -> None:
    ready = world.push()
    later = ready.model_copy(update={"references": (pushed(EPOCH + timedelta(days=1), "v2", digest=IMAGE),)})
    once(hooked(world.archive), "after put", lambda: world.persist(later))
    with pytest.raises(TransitionConflict):
        world.deliver(world.request(Transition.ARCHIVE))
    assert world.status() == ("active", None)
    assert world.in_primary(ready)
    assert not world.keys(world.archive)
    assert one(world.database, "SELECT count(*) FROM reference WHERE tag = 'v2' AND removed_at IS NULL") == 1


@pytest.mark.trap("B2")
@pytest.mark.parametrize("change", ["revision = revision + 1", "status_changed_at = clock_timestamp()"])
def test_any_change_while_the_bundle_is_built_stops_the_commit(world: World, change: str) -> None:
    ready = world.push()
    once(hooked(world.archive), "after put", lambda: execute(world.database, f"UPDATE image SET {change}"))
    with pytest.raises(TransitionConflict):
        world.deliver(world.request(Transition.ARCHIVE))
    assert world.status() == ("active", None)
    assert world.in_primary(ready)
    assert not world.keys(world.archive)


class LosesAnAnswer(Database):
    """Loses the connection right after the commit number `at`, whose answer never arrives."""

    at = 0

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with super().transaction() as cursor:
            yield cursor
        self.at -= 1
        if self.at == 0:
            self.close()
            raise DatabaseUnavailable(reason="gone") from psycopg2.OperationalError("gone")


@pytest.mark.trap("B2")
def test_a_commit_whose_answer_is_lost(world: World, database_url: str) -> None:
    for at in range(1, 8):
        ready = world.push(at * 400)
        database = LosesAnAnswer(DatabaseSettings(database_url=database_url))
        database.at = at
        services = replace(world.services(), database=database)
        request = world.request(Transition.ARCHIVE)
        try:
            carry_out(services, request)
        except DatabaseUnavailable:  # the first connection: the queue delivers again
            assert at == 1
            carry_out(services, request)
        database.close()
        assert world.status() == (None, "archived")
        assert world.in_archive(ready)
        assert len(world.keys(world.archive)) == 1


@pytest.mark.trap("B2")
def test_a_push_after_the_beginning_is_not_stopped_by_the_tombstone(world: World) -> None:
    world.push()
    during = []
    once(hooked(world.archive), "after put", lambda: during.append(one(world.database, "SELECT clock_timestamp()")))
    world.do(Transition.ARCHIVE)
    new = world.push(400, references=(pushed(during[0], "v2", digest=IMAGE),))
    assert world.status() == ("active", "archived")
    assert world.in_primary(new)


@pytest.mark.trap("B2")
def test_two_workers_with_one_message(world: World) -> None:
    ready = world.push()
    request = world.request(Transition.ARCHIVE)
    once(hooked(world.archive), "after put", lambda: world.deliver(request))
    with pytest.raises((TransitionConflict, ObjectNotFound)):  # its bundle was one too many
        world.deliver(request)
    assert world.status() == (None, "archived")
    assert world.in_archive(ready)
    assert len(world.keys(world.archive)) == 1
    assert one(world.database, "SELECT error FROM archived_image") == "", "nothing failed"


@pytest.mark.trap("B2")
@pytest.mark.parametrize("by", ["message", "audit"])
def test_a_second_worker_that_died_leaves_no_bundle(world: World, by: str) -> None:
    """It put its bundle when the first had listed them all, and was killed before it could take it back."""
    ready = world.push()
    request = world.do(Transition.ARCHIVE)
    (key,) = world.keys(world.archive)
    world.archive.put(f"{key.rpartition('/')[0]}/{uuid7()}.tar.zst", [b"of the second worker"])
    other = f"bundles/{IMAGE}/{uuid7()}/{uuid7()}.tar.zst"
    world.archive.put(other, [b"of somebody who is at work"])
    if by == "message":
        world.deliver(request)
    else:
        audit(world.services(), ScheduledRun(job="archive-audit", execution_id="x"))
    assert world.keys(world.archive) == {key, other}
    assert world.in_archive(ready)


@pytest.mark.trap("B2")
def test_two_requests_at_once(world: World) -> None:
    ready = world.push()
    refused = []

    def second() -> None:
        with pytest.raises(TransitionConflict) as error:
            world.deliver(world.request(Transition.ARCHIVE))
        refused.append(error)

    once(hooked(world.archive), "after put", second)
    world.deliver(world.request(Transition.ARCHIVE))
    assert refused
    assert world.in_archive(ready)


@pytest.mark.trap("B2")
def test_a_stale_revision_and_a_rule_that_no_longer_holds(world: World) -> None:
    world.push()
    revision = one(world.database, "SELECT revision FROM image")
    with pytest.raises(TransitionConflict):
        world.deliver(world.request(Transition.ARCHIVE, revision=revision + 1))
    execute(
        world.database,
        "INSERT INTO archive_rule (name, rule) VALUES ('new', %s)",
        ('{"transition": "archive", "tag_versions_newer": 1}',),
    )
    with pytest.raises(TransitionConflict, match="no longer"):
        world.deliver(world.request(Transition.ARCHIVE, rule_id=1, revision=revision))
    assert world.status() == ("active", None)
    world.push(5, image=digest("newer"))
    revision = one(world.database, "SELECT revision FROM image WHERE digest = %s", KEY)
    world.deliver(world.request(Transition.ARCHIVE, rule_id=1, revision=revision))
    assert world.status() == (None, "archived")
    assert one(world.database, "SELECT rule_id FROM archived_image") == 1


@pytest.mark.trap("B2")
def test_cancelling_while_a_worker_is_at_it(world: World) -> None:
    ready = world.push()
    once(hooked(world.archive), "after put", lambda: world.deliver(world.request(Transition.CANCEL)))
    with pytest.raises(TransitionConflict):
        world.deliver(world.request(Transition.ARCHIVE))
    assert world.status() == ("active", None)
    assert world.in_primary(ready)
    assert not world.keys(world.archive)


def test_cancelling_a_restore(world: World) -> None:
    ready = world.push()
    world.do(Transition.ARCHIVE)
    seen = []

    def cancel() -> None:
        seen.append(world.status())
        world.deliver(world.request(Transition.CANCEL))

    once(hooked(world.primary), "after put", cancel)
    with pytest.raises(TransitionConflict):
        world.deliver(world.request(Transition.RESTORE))
    assert seen == [(None, "restoring")]
    assert world.status() == (None, "archived")
    resume(world.database, world.messenger, RUN, stuck_after=timedelta(0))
    world.settle()
    assert not world.keys(world.primary)
    world.do(Transition.RESTORE)
    assert world.in_primary(ready)


@pytest.mark.trap("B3")
def test_late_messages_resurrect_nothing_and_a_restore_still_works(world: World) -> None:
    ready = world.push()
    request = world.do(Transition.ARCHIVE)
    world.persist(ready)
    assert world.status() == (None, "archived")
    restore = world.do(Transition.RESTORE)
    assert world.status() == ("active", "archived")
    for late in (request, restore):
        world.redeliver(late)
        world.settle()
        assert world.status() == ("active", "archived")
        assert world.in_primary(ready)


@pytest.mark.trap("B3")
def test_a_late_copy_of_a_request_that_others_followed(world: World) -> None:
    ready = world.push()
    first = world.do(Transition.ARCHIVE)
    world.do(Transition.RESTORE)
    world.do(Transition.ARCHIVE)
    world.do(Transition.RESTORE)
    execute(world.database, "UPDATE image SET status_changed_at = now() + interval '1 minute'")
    with pytest.raises(TransitionConflict, match="changed since"):
        world.deliver(first)
    assert world.status() == ("active", "archived")
    assert world.in_primary(ready)


@pytest.mark.trap("B3")
def test_a_late_copy_of_a_deletion_spares_what_was_pushed_since(world: World) -> None:
    world.push()
    request = world.do(Transition.DELETE_IMAGE)
    assert world.status() == (None, None)
    new = world.push(400)
    execute(world.database, "UPDATE image SET status_changed_at = now() + interval '1 minute'")
    world.redeliver(request)
    assert world.status() == ("active", None)
    assert world.in_primary(new)


def test_a_new_archive_replaces_the_older_bundle_after_its_commit(world: World) -> None:
    old = world.push()
    world.do(Transition.ARCHIVE)
    (first,) = world.keys(world.archive)
    new = world.push(400)
    once(hooked(world.archive), "delete", lambda: seen.append((world.status(), world.in_archive(new))))
    seen: list[Any] = []
    world.do(Transition.ARCHIVE)
    assert seen == [((None, "archived"), True)]
    assert first not in world.keys(world.archive)
    assert not world.in_archive(old)
    world.do(Transition.RESTORE)
    assert world.in_primary(new)


@pytest.mark.trap("B16")
def test_a_cold_bundle_is_waited_for(world: World) -> None:
    ready = world.push()
    world.do(Transition.ARCHIVE)
    hooked(world.archive).warmth = Warmth.WARMING
    request = world.request(Transition.RESTORE)
    assert not world.deliver(request).finished
    assert world.status() == (None, "restoring")
    hooked(world.archive).warmth = Warmth.READABLE
    assert resume(world.database, world.messenger, RUN, stuck_after=timedelta(0)) == 1
    world.settle()
    assert world.status() == ("active", "archived")
    assert world.in_primary(ready)


@pytest.mark.trap("B16")
def test_a_bundle_that_does_not_read_back_is_not_committed(world: World) -> None:
    ready = world.push()
    store = hooked(world.archive)

    def damage(key: str) -> None:
        del store.before["after put"]
        store.damage(key)

    store.before["after put"] = damage
    with pytest.raises((InvalidBundle, ObjectCorrupt)):
        world.deliver(world.request(Transition.ARCHIVE))
    assert world.status() == ("active", None)
    assert world.in_primary(ready)
    assert not world.keys(world.archive)


@pytest.mark.parametrize("transition", [Transition.ARCHIVE, Transition.DELETE_ARCHIVE])
def test_a_store_that_forbids_to_delete_is_told_of_and_asked_again_by_the_schedule_alone(
    world: World, transition: Transition
) -> None:
    """The message is consumed; the state and the reason are in the row, until somebody grants the right."""
    ready = world.push()
    if transition is Transition.DELETE_ARCHIVE:
        world.do(Transition.ARCHIVE)
    store = hooked(world.archive if transition is Transition.DELETE_ARCHIVE else world.primary)
    forbidden = StoreForbidden(store="test", reason="a policy says so")

    def refuse(key: str) -> None:
        if not key.startswith("claims/"):
            raise forbidden

    store.before["delete"] = refuse
    request = world.request(transition)
    world.redeliver(request)
    assert forbidden.permanent, "the queue does not try again"
    assert world.status() == (None, "archived" if transition is Transition.ARCHIVE else "deleting")
    assert "a policy says so" in one(world.database, "SELECT error FROM archived_image")
    assert world.in_archive(ready)
    del store.before["delete"]
    assert resume(world.database, world.messenger, RUN, stuck_after=timedelta(0)) == 1
    world.settle()
    assert world.status() == (None, "archived" if transition is Transition.ARCHIVE else None)
    assert not world.in_primary(ready)


def test_a_damaged_document_stops_the_archiving(world: World) -> None:
    ready = world.push()
    hooked(world.primary).damage(next(key.key for key in ready.documents if key.document == "packages"))
    with pytest.raises(ObjectCorrupt):
        world.deliver(world.request(Transition.ARCHIVE))
    assert world.status() == ("active", None)
    assert not world.keys(world.archive)


def test_a_failed_restore_says_why_and_keeps_everything(world: World) -> None:
    world.push()
    world.do(Transition.ARCHIVE)
    (key,) = world.keys(world.archive)
    hooked(world.archive).damage(key)
    with pytest.raises((InvalidBundle, ObjectCorrupt)):
        world.deliver(world.request(Transition.RESTORE))
    assert world.status() == (None, "archived")
    assert key in one(world.database, "SELECT error FROM archived_image")
    assert world.keys(world.archive) == {key}
    assert not world.keys(world.primary)
    assert not world.messenger.sent


@pytest.mark.trap("B17")
@pytest.mark.parametrize(
    ("transition", "kind"), [(Transition.ARCHIVE, "ImageArchived"), (Transition.DELETE_IMAGE, "ImageDeleted")]
)
def test_the_event_comes_again_under_its_id(world: World, transition: Transition, kind: str) -> None:
    world.push()
    request = world.request(transition)
    world.messenger.fail = StoreUnavailable(store="bus", reason="it is switched off")
    with pytest.raises(StoreUnavailable):
        world.deliver(request)
    assert not world.events(kind)
    world.deliver(request)
    world.deliver(request)
    first, second = world.events(kind)
    assert first == second.model_copy(update={"correlation_id": first.correlation_id})
    assert [reference.tag for reference in first.references] == ["latest"]


@pytest.mark.parametrize("transition", [Transition.ARCHIVE, Transition.DELETE_IMAGE, Transition.CANCEL])
def test_an_unknown_image(world: World, transition: Transition) -> None:
    with pytest.raises(ImageUnknown):
        world.deliver(world.request(transition))


@pytest.mark.parametrize("transition", [Transition.RESTORE, Transition.DELETE_ARCHIVE])
def test_an_image_that_is_not_archived(world: World, transition: Transition) -> None:
    with pytest.raises(ArchiveUnknown):
        world.deliver(world.request(transition))
    world.push()
    with pytest.raises(ArchiveUnknown):
        world.deliver(world.request(transition))


def test_a_restore_beside_a_newer_analysis_is_refused(world: World) -> None:
    world.push()
    world.do(Transition.ARCHIVE)
    world.push(400)
    with pytest.raises(TransitionConflict):
        world.deliver(world.request(Transition.RESTORE))


def test_an_analysis_that_arrives_during_a_restore_wins(world: World) -> None:
    world.push()
    world.do(Transition.ARCHIVE)
    new = []
    once(hooked(world.primary), "after put", lambda: new.append(world.push(400)))
    with pytest.raises(TransitionConflict):
        world.deliver(world.request(Transition.RESTORE))
    assert world.status() == ("active", "archived")
    resume(world.database, world.messenger, RUN, stuck_after=timedelta(0))
    world.settle()
    assert world.in_primary(new[0])
    assert {key.split("/")[2] for key in world.keys(world.primary) if key.startswith("analyses")} == {
        str(new[0].analysis_id)
    }


def test_a_child_of_an_index_takes_its_references_along(world: World) -> None:
    index = digest("index")
    ready = world.push(references=(pushed(EPOCH, "multi", digest=index),), parents=(index,))
    world.do(Transition.ARCHIVE)
    assert [one["tag"] for one in one_json(world)] == ["multi"]
    world.do(Transition.RESTORE)
    assert world.in_primary(ready)
    assert one(world.database, "SELECT count(*) FROM image_index") == 1


def one_json(world: World) -> Any:
    return one(world.database, 'SELECT "references" FROM archived_image')


def test_deleting_an_image_takes_its_older_analyses_too(world: World) -> None:
    world.push()
    new = world.push(3, identifier=analysis_id(EPOCH + timedelta(days=3)), force=True)
    assert world.in_primary(new)
    world.do(Transition.DELETE_IMAGE)
    assert not world.keys(world.primary)


def test_the_request_id_of_another_kind_is_taken_as_it_is(world: World) -> None:
    world.push()
    world.deliver(world.request(Transition.ARCHIVE, request_id=uuid4()))
    assert world.status() == (None, "archived")
