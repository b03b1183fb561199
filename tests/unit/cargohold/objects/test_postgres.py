import os
import subprocess
import sys
import threading
from datetime import timedelta

import psycopg2
import pytest

from cargohold.database.connection import Database
from cargohold.errors import ObjectCorrupt, ObjectExists, ObjectNotFound, StoreUnavailable
from cargohold.objects.drivers.postgres import PostgresStore
from cargohold.objects.store import CHUNK
from cargohold.settings import DatabaseSettings


@pytest.fixture
def settings(database_url):
    return DatabaseSettings(database_url=database_url, database_role="cargohold_objects")


@pytest.fixture
def store(settings):
    database = Database(settings)
    yield PostgresStore(database)
    database.close()


def read(store, key="k"):
    with store.get(key) as reader:
        return b"".join(reader)


def chunks_of(database):
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM object_chunk")
        return cursor.fetchone()[0]


def test_an_object_is_chunks_and_deletes_take_them_along(store, database):
    store.put("k", [bytes(3 * CHUNK + 1)])
    assert chunks_of(database) == 4
    store.put("k", [bytes(2 * CHUNK)])
    assert chunks_of(database) == 2
    with pytest.raises(ObjectExists):
        store.put("k", [bytes(5 * CHUNK)], if_absent=True)
    store.delete("k")
    assert chunks_of(database) == 0


def test_content_that_breaks_off_leaves_no_chunks(store, database):
    def broken():
        yield bytes(3 * CHUNK)
        raise OSError("the registry closed the connection")

    with pytest.raises(OSError, match="registry"):
        store.put("k", broken())
    assert chunks_of(database) == 0


@pytest.mark.trap("B18")
def test_a_killed_upload_leaves_nothing_visible_and_is_swept(store, database, settings):
    script = f"""
import os
from cargohold.database.connection import Database
from cargohold.objects.drivers.postgres import PostgresStore
from cargohold.settings import DatabaseSettings
def content():
    yield bytes(3 << 20)
    os.kill(os.getpid(), 9)
    yield b""
PostgresStore(Database(DatabaseSettings(database_url={settings.database_url!r}))).put("k", content())
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with pytest.raises(ObjectNotFound):
        store.head("k")
    assert chunks_of(database) > 0
    store.put("other", [bytes(2 * CHUNK)])
    assert store.sweep(timedelta(hours=1)) == 0
    with database.transaction() as cursor:
        cursor.execute("UPDATE object_chunk SET created_at = created_at - interval '2 hours'")
    assert store.sweep(timedelta(hours=1)) > 0
    assert read(store, "other") == bytes(2 * CHUNK)
    assert chunks_of(database) == 2


@pytest.mark.trap("B18")
def test_if_absent_waits_for_no_upload(store, settings):
    began, go_on = threading.Event(), threading.Event()
    outcome = []

    def slow():
        yield bytes(2 * CHUNK)
        began.set()
        go_on.wait(600)

    def upload():
        database = Database(settings)
        try:
            PostgresStore(database).put("k", slow(), if_absent=True)
        except ObjectExists as error:
            outcome.append(error)
        database.close()

    thread = threading.Thread(target=upload)
    thread.start()
    assert began.wait(600)
    store.put("k", [b"fast"], if_absent=True)
    assert outcome == [], "the upload ended before, and nothing was shown"
    go_on.set()
    thread.join()
    assert len(outcome) == 1
    assert read(store) == b"fast"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE object_chunk SET data = set_byte(data, 100, get_byte(data, 100) # 1) WHERE ordinal = 1",
        "UPDATE object_chunk SET data = substr(data, 2) WHERE ordinal = 0",
        "UPDATE object_chunk SET data = data || '\\x00' WHERE ordinal = 2",
        "DELETE FROM object_chunk WHERE ordinal = 1",
        "DELETE FROM object_chunk WHERE ordinal = 2",
        "UPDATE object SET size = size - 1",
        "UPDATE object SET size = size + 1048576",
    ],
)
def test_damage_is_noticed(store, database, damage):
    store.put("k", [os.urandom(2 * CHUNK + 10)])
    with database.transaction() as cursor:
        cursor.execute(damage)
    with pytest.raises(ObjectCorrupt):
        read(store)


def test_an_object_that_goes_while_it_is_read(store):
    store.put("k", [bytes(3 * CHUNK)])
    with store.get("k") as reader:
        reader.read(1)
        store.put("k", [os.urandom(3 * CHUNK)])
        with pytest.raises(StoreUnavailable, match="replaced"):
            reader.read()
    with store.get("k") as reader:
        reader.read(1)
        store.delete("k")
        with pytest.raises(ObjectNotFound):
            reader.read()


def test_a_commit_whose_answer_was_lost_keeps_the_object(store, monkeypatch):
    real = store._database.run

    def lost(work, **arguments):
        result = real(work, **arguments)
        if "_finish" in repr(work):
            raise StoreUnavailable(store="postgres", reason="the answer was lost")
        return result

    monkeypatch.setattr(store._database, "run", lost)
    with pytest.raises(StoreUnavailable):
        store.put("k", [bytes(3 * CHUNK)])
    monkeypatch.undo()
    assert read(store) == bytes(3 * CHUNK)


def test_a_listing_longer_than_a_page(store, database):
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO object (key, upload, size, sha256)"
            " SELECT 'a/' || n, gen_random_uuid(), 0, sha256('') FROM generate_series(1, 2500) n"
        )
    assert [info.key for info in store.list("a/")] == sorted(f"a/{number}" for number in range(1, 2501))


def test_prefixes_keep_stores_apart(settings):
    database = Database(settings)
    one, two = PostgresStore(database, "one"), PostgresStore(database, "on")
    one.put("k", [b"1"])
    assert [info.key for info in one.list()] == ["k"]
    assert list(two.list()) == []
    with pytest.raises(ObjectNotFound):
        two.head("e/k")
    database.close()


def test_the_role_reaches_nothing_else(store):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), store._database.transaction() as cursor:
        cursor.execute("SELECT * FROM image")


def test_a_database_that_is_away_is_transient(settings):
    store = PostgresStore(Database(DatabaseSettings(database_url="host=/nonexistent dbname=x")))
    for call in (lambda: store.put("k", [b"x"]), lambda: store.head("k"), lambda: list(store.list())):
        with pytest.raises(StoreUnavailable):
            call()
