"""Collection removes what nothing refers to, and loses against every writer."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.harness.analyses import (
    EPOCH,
    RecordingMessenger,
    analysis_id,
    digest,
    package,
    pushed,
    store_analysis,
)
from tests.harness.rows import one, rows

from cargohold.database.connection import Database
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import DatabaseSettings
from persist import collect as collecting
from persist.collect import Collected, collect, remove_set
from persist.messages import Dependencies, handle_message

RETENTION = timedelta(days=90)
WITH_ROLE = "cargohold_persist"


def at(minutes: float) -> datetime:
    return EPOCH + timedelta(minutes=minutes)


@pytest.fixture
def to(database: Database) -> Dependencies:
    return Dependencies(database, MemoryStore(), RecordingMessenger())


def analyzed(to: Dependencies, minutes: float, names: str, image: str = "image", **fields: Any) -> None:
    message = store_analysis(
        to.store, digest(image), analysis_id(at(minutes)), [package(name) for name in names],
        **({"references": (pushed(at(minutes)),)} | fields),
    )  # fmt: skip
    handle_message(message, to)


def sets(database: Database) -> int:
    return int(one(database, "SELECT count(*) FROM package_set"))


def remove_image(database: Database, image: str) -> None:
    with database.transaction() as cursor:
        for table in ("image_package_set", "secret"):
            cursor.execute(f"DELETE FROM {table} WHERE image_id = (SELECT id FROM image WHERE digest = "
                           "decode(%s, 'hex'))", (digest(image)[7:],))  # fmt: skip
        cursor.execute("DELETE FROM image WHERE digest = decode(%s, 'hex')", (digest(image)[7:],))


def test_orphans_older_than_a_day_go_and_their_packages_keep_the_time(to: Dependencies, database_url: str) -> None:
    own = Database(DatabaseSettings(database_url=database_url, database_role=WITH_ROLE))
    analyzed(to, 0, "ab", "kept")
    analyzed(to, 90, "bc", "gone", layers=("other",))
    before = rows(to.database, "image", "packages")
    assert collect(own, at=at(60 * 24 * 3), retention=RETENTION) == Collected()
    assert rows(to.database, "image", "packages") == before
    remove_image(to.database, "gone")
    assert collect(own, at=at(60 * 24), retention=RETENTION) == Collected(chains=1), "the set is not a day old"
    assert collect(own, at=at(60 * 24 * 3), retention=RETENTION) == Collected(sets=1)
    assert sets(to.database) == 1
    with to.database.transaction() as cursor:
        cursor.execute("SELECT name, last_seen FROM package ORDER BY name")
        assert cursor.fetchall() == [("a", None), ("b", at(60)), ("c", at(60))]
    own.close()


def test_collection_pages_and_stops_when_told(to: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "BATCH", 3)
    for number in range(8):
        analyzed(to, number, "abcdefgh"[number])
    assert sets(to.database) == 8
    left = iter([False] * 4 + [True] * 2)  # asked before each batch of old rows and each orphan
    assert collect(to.database, at=at(9999), retention=RETENTION, enough=lambda: next(left)).sets == 2
    assert collect(to.database, at=at(9999), retention=RETENTION).sets == 5
    assert sets(to.database) == 1


def test_history_and_attempts_are_pruned_by_age_references_stay(to: Dependencies) -> None:
    analyzed(to, 0, "a")
    analyzed(to, 60 * 24 * 50, "b", "other", references=(pushed(at(60 * 24 * 50), "new"),))
    collected = collect(to.database, at=at(60 * 24 * 100), retention=RETENTION)
    assert (collected.attempts, collected.events) == (1, 1)
    assert one(to.database, "SELECT count(*) FROM reference") == 2


@pytest.mark.trap("B8")
def test_a_writer_that_comes_second_makes_the_set_anew(to: Dependencies, database_url: str) -> None:
    analyzed(to, 0, "ab", "first")
    remove_image(to.database, "first")
    set_id = one(to.database, "SELECT id FROM package_set")
    collector = Database(DatabaseSettings(database_url=database_url))
    written = threading.Event()

    def write() -> None:
        own = Database(DatabaseSettings(database_url=database_url))
        analyzed(Dependencies(own, to.store, to.messenger), 5, "ab", "second")
        own.close()
        written.set()

    with collector.transaction() as cursor:
        assert remove_set(cursor, set_id)
        writer = threading.Thread(target=write)
        writer.start()
        assert not written.wait(0.5), "the writer waits for the collector"
    writer.join(600)
    assert written.is_set()
    collector.close()
    assert one(to.database, "SELECT id FROM package_set") != set_id
    assert len(rows(to.database, "packages")["packages"]) == 2


@pytest.mark.trap("B8")
def test_a_collector_that_comes_second_leaves_the_set_alone(to: Dependencies, database_url: str) -> None:
    analyzed(to, 0, "ab", "first")
    remove_image(to.database, "first")
    set_id = one(to.database, "SELECT id FROM package_set")
    analyzed(to, 1, "z", "second")
    writer = Database(DatabaseSettings(database_url=database_url))
    results: list[Collected] = []

    def run() -> None:
        own = Database(DatabaseSettings(database_url=database_url))
        results.append(collect(own, at=at(9999), retention=RETENTION))
        own.close()

    with writer.transaction() as cursor:
        # A writer whose link is not committed: the collector cannot see it, the foreign key can.
        cursor.execute("UPDATE image_package_set SET set_id = %s", (set_id,))
        collector = threading.Thread(target=run)
        collector.start()
        collector.join(0.5)
    collector.join(600)
    writer.close()
    assert sets(to.database) == 2 - results[0].sets
    assert one(to.database, "SELECT count(*) FROM package_set WHERE id = %s", (set_id,)) == 1
    assert len(rows(to.database, "packages")["packages"]) == 2
    assert one(to.database, "SELECT count(*) FROM package_set_seen WHERE set_id = %s", (set_id,)) == 1


@pytest.mark.trap("B8")
def test_writers_and_collector_at_once_lose_nothing(to: Dependencies, database_url: str) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(work: Any) -> None:
        own = Database(DatabaseSettings(database_url=database_url))
        try:
            work(own)
        except BaseException as error:  # noqa: BLE001 -- reported by the test's thread
            failures.append(error)
        own.close()

    def write(own: Database) -> None:
        for number in range(40):
            analyzed(Dependencies(own, to.store, RecordingMessenger()), number, "ab" if number % 2 else "cd",
                     threading.current_thread().name)  # fmt: skip

    def sweep(own: Database) -> None:
        while not stop.is_set():
            collect(own, at=at(99999), retention=RETENTION)

    writers = [threading.Thread(target=run, args=(write,)) for _ in range(3)]
    collector = threading.Thread(target=run, args=(sweep,))
    for thread in (*writers, collector):
        thread.start()
    for thread in writers:
        thread.join(600)
    stop.set()
    collector.join(600)
    assert failures == []
    assert len(rows(to.database, "packages")["packages"]) == 6
    assert one(to.database, "SELECT count(*) FROM image_package_set i LEFT JOIN package_set_seen s USING (set_id) "
               "WHERE s.set_id IS NULL") == 0  # fmt: skip
