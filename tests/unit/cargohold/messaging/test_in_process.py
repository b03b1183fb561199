import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cargohold.contracts import AnalyzeRequest, ImageDeleted, Reference, ReferenceRemoved, TransitionRequest
from cargohold.errors import StoreUnavailable
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.messaging.open import open_messenger
from cargohold.settings import DatabaseSettings, MessagingSettings


@pytest.fixture
def settings(database_url) -> DatabaseSettings:
    return DatabaseSettings(database_url=database_url, database_role="cargohold_messages")


@pytest.fixture
def messenger(settings):
    messenger = InProcessMessenger(settings, max_receives=3)
    yield messenger
    messenger.close()


def request(repository="app", **fields):
    return AnalyzeRequest(reference=Reference(repository=repository), **fields)


def make_visible(database):
    with database.transaction() as cursor:
        cursor.execute("UPDATE message SET visible_at = now()")


def test_a_message_goes_through(messenger):
    sent = request()
    messenger.send("analyze", sent)
    assert messenger.receive("persist", visibility_seconds=60) is None
    message = messenger.receive("analyze", visibility_seconds=60)
    assert AnalyzeRequest.model_validate_json(message.body) == sent
    assert (message.queue, message.receives) == ("analyze", 1)
    assert messenger.receive("analyze", visibility_seconds=60) is None
    assert messenger.pending(sent.correlation_id) == 1
    messenger.delete(message)
    assert messenger.pending(sent.correlation_id) == 0


def test_nobody_waits_for_a_look_after_a_transition(messenger):
    asked = TransitionRequest(image=f"sha256:{'0' * 64}", transition=Transition.ARCHIVE, request_id=uuid7())
    messenger.send("archive", asked.model_copy(update={"hops": 1}), delay_seconds=240)
    assert messenger.pending(asked.correlation_id) == 0
    messenger.send("archive", asked)
    assert messenger.pending(asked.correlation_id) == 1


def test_the_one_that_waited_longest_comes_first_and_a_delayed_one_waits(messenger, database):
    for number in range(3):
        messenger.send("analyze", request(f"app{number}"))
    messenger.send("persist", ReferenceRemoved(reference=Reference(repository="x"), removed_at=datetime.now(UTC)))
    messenger.send("archive", request("later"), delay_seconds=60)
    names = [
        AnalyzeRequest.model_validate_json(messenger.receive("analyze", visibility_seconds=60).body).reference
        for _ in range(3)
    ]
    assert [name.repository for name in names] == ["app0", "app1", "app2"]
    assert messenger.receive("archive", visibility_seconds=60) is None
    make_visible(database)
    assert messenger.receive("archive", visibility_seconds=60) is not None


def test_no_two_workers_get_the_same_message(messenger, settings):
    for number in range(40):
        messenger.send("analyze", request(f"app{number}"))

    def work(_):
        worker = InProcessMessenger(settings)
        taken = []
        while (message := worker.receive("analyze", visibility_seconds=60)) is not None:
            taken.append(message.id)
        worker.close()
        return taken

    with ThreadPoolExecutor(4) as threads:
        taken = [identifier for ids in threads.map(work, range(4)) for identifier in ids]
    # SKIP LOCKED may let a worker stop early, while others hold the rest.
    assert len(taken) == len(set(taken)) == 40


def test_a_message_whose_worker_died_comes_again(messenger, database, settings):
    messenger.send("analyze", request())
    script = f"""
import os
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.settings import DatabaseSettings
message = InProcessMessenger(DatabaseSettings(database_url={settings.database_url!r})).receive(
    "analyze", visibility_seconds=60)
assert message is not None
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert messenger.receive("analyze", visibility_seconds=60) is None
    make_visible(database)
    assert messenger.receive("analyze", visibility_seconds=60).receives == 2


def test_after_the_last_receive_a_message_is_dead(messenger, database):
    sent = request()
    messenger.send("analyze", sent)
    for receives in (1, 2, 3):
        message = messenger.receive("analyze", visibility_seconds=60)
        assert message.receives == receives
        messenger.retry(message)
        if receives < 3:
            assert messenger.receive("analyze", visibility_seconds=60) is None, "there is no back-off"
            assert messenger.pending(sent.correlation_id) == 1
        make_visible(database)
    assert messenger.pending(sent.correlation_id) == 0
    assert messenger.receive("analyze", visibility_seconds=60) is None
    with database.transaction() as cursor:
        cursor.execute("SELECT dead, receives FROM message")
        assert cursor.fetchall() == [(True, 3)]


def test_a_message_that_kills_its_workers_dies_too(messenger, database):
    messenger.send("analyze", request())
    for _ in range(3):
        assert messenger.receive("analyze", visibility_seconds=60) is not None
        make_visible(database)
    assert messenger.receive("analyze", visibility_seconds=60) is None
    with database.transaction() as cursor:
        cursor.execute("SELECT dead FROM message")
        assert cursor.fetchall() == [(True,)]


def test_who_lost_a_message_cannot_postpone_it(messenger, database):
    messenger.send("analyze", request())
    lost = messenger.receive("analyze", visibility_seconds=60)
    make_visible(database)
    messenger.receive("analyze", visibility_seconds=60)
    with database.transaction() as cursor:
        cursor.execute("SELECT visible_at FROM message")
        before = cursor.fetchone()
    messenger.retry(lost)
    with database.transaction() as cursor:
        cursor.execute("SELECT visible_at FROM message")
        assert cursor.fetchone() == before


def test_events_go_to_the_bus_and_are_not_kept_for_ever(messenger, database):
    event = ImageDeleted(event_id=uuid4(), at=datetime.now(UTC), image="sha256:" + "0" * 64)
    messenger.publish(event)
    with database.transaction() as cursor:
        cursor.execute("UPDATE message SET sent_at = now() - interval '8 days'")
    messenger.publish(event)
    assert messenger.pending(event.correlation_id) == 0
    with database.transaction() as cursor:
        cursor.execute("SELECT queue, body ->> 'kind' FROM message")
        assert cursor.fetchall() == [("bus", "ImageDeleted")]


def test_it_is_opened_by_its_settings(database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    messenger = open_messenger(MessagingSettings(messaging="database"))
    assert isinstance(messenger, InProcessMessenger)
    messenger.send("analyze", request())
    messenger.close()


def test_a_missing_database_is_transient():
    messenger = InProcessMessenger(DatabaseSettings(database_url="host=/nonexistent dbname=x"))
    with pytest.raises(StoreUnavailable):
        messenger.send("analyze", request())
