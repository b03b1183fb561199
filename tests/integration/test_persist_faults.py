"""What breaks under persist: nothing is half visible, nothing lost, and the work goes on when it can."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from tests.harness.analyses import EPOCH, RecordingMessenger, analysis_id, digest, package, pushed, store_analysis
from tests.harness.cutting import cutting
from tests.harness.rows import empty, one, rows

from cargohold.contracts import AnalysisReady
from cargohold.database import connection as connecting
from cargohold.database.connection import Database, Timeouts, connect
from cargohold.database.migrate import migrate
from cargohold.errors import DatabaseUnavailable, ObjectNotFound, StoreUnavailable
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.drivers.postgres import PostgresStore
from cargohold.objects.store import ObjectStore
from cargohold.settings import DatabaseSettings
from cargohold_cli.postgres import LocalPostgres
from persist.messages import Dependencies, handle_message


def result(store: ObjectStore, number: int = 0, size: int = 20) -> AnalysisReady:
    at = EPOCH + timedelta(minutes=number)
    found = [package(f"package-{name}", str(number)) for name in range(size)]
    return store_analysis(store, digest(f"image {number}"), analysis_id(at), found, references=(pushed(at),))


def socket_of(url: str) -> Path:
    (directory,) = parse_qs(urlsplit(url).query)["host"]
    return Path(directory) / ".s.PGSQL.5432"


def through(url: str, directory: Path) -> str:
    return urlsplit(url)._replace(query=f"host={quote(str(directory), safe='')}").geturl()


@contextmanager
def opened(url: str, **options: object) -> Iterator[Database]:
    database = Database(DatabaseSettings(database_url=url), **options)  # type: ignore[arg-type]
    yield database
    database.close()


@pytest.fixture
def own(short_directory: Path) -> Iterator[LocalPostgres]:
    """A durable server of this test's own, migrated."""
    server = LocalPostgres(short_directory / "home", shared=short_directory / "shared")
    with opened(server.start()) as database:
        migrate(database)
    yield server
    server.stop()


def kill(server: LocalPostgres) -> None:
    """Kill the postmaster, as a crash of the machine would; its children follow."""
    pid = server.status().pid
    os.kill(pid, signal.SIGKILL)
    while server.status().pid:
        time.sleep(0.05)


def test_a_connection_cut_anywhere_leaves_all_or_nothing(database_url: str, short_directory: Path) -> None:
    store = MemoryStore()
    message = result(store)
    with (
        opened(database_url) as direct,
        cutting(socket_of(database_url), short_directory / ".s.PGSQL.5432") as relay,
        opened(through(database_url, short_directory)) as cut,
    ):
        to = Dependencies(cut, store, RecordingMessenger())
        with cut.transaction():
            pass
        before = relay.passed
        handle_message(message, to)
        total, expected = relay.passed - before, rows(direct)
        nothing = {name: [] for name in expected}
        seen = set()
        for place in range(1, total + 1, max(1, total // 24)):
            empty(direct)
            with cut.transaction():
                pass  # connected, and its session's stage may be there
            relay.left = place
            with suppress(DatabaseUnavailable):
                handle_message(message, to)
            found = rows(direct)
            assert found in (nothing, expected), f"half of an analysis is visible after {place} bytes"
            seen.add(found == expected)
            relay.left = None
            handle_message(message, to)
            assert rows(direct) == expected, place
        assert False in seen


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "stop"])
def test_the_server_goes_away_under_writers_and_comes_back(own: LocalPostgres, how: str) -> None:
    store = MemoryStore()
    messages: dict[int, AnalysisReady] = {}
    handled: list[int] = []
    gone = threading.Event()

    def write(first: int) -> None:
        with opened(own.url) as database:
            to = Dependencies(database, store, RecordingMessenger())
            for number in count(first, 3):
                last = gone.is_set()
                messages[number] = result(store, number)
                while True:  # as a queue does
                    try:
                        handle_message(messages[number], to)
                        handled.append(number)
                        break
                    except DatabaseUnavailable:
                        time.sleep(0.05)
                if last:
                    break

    writers = [threading.Thread(target=write, args=(first,)) for first in range(3)]
    for writer in writers:
        writer.start()
    while len(handled) < 6:
        time.sleep(0.01)
    if how == "kill":
        kill(own)
    else:
        own.stop()
    gone.set()
    own.start()
    for writer in writers:
        writer.join(300)
    assert sorted(handled) == sorted(messages)
    assert not DatabaseUnavailable.permanent
    with opened(own.url) as database:
        interrupted = rows(database)
        empty(database)
        to = Dependencies(database, store, RecordingMessenger())
        for message in messages.values():
            handle_message(message, to)
        assert rows(database) == interrupted


def test_a_server_that_is_about_to_accept_is_waited_for(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused Aurora, and a server after a crash, refuse with 57P03 until they are up."""
    real, refused = connecting.psycopg2.connect, 0

    # A server replays its log faster than a test can look: only the words are the server's.
    def slow(**parameters: str) -> object:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise connecting.psycopg2.OperationalError("FATAL:  the database system is starting up\n")
        return real(**parameters)

    monkeypatch.setattr(connecting.psycopg2, "connect", slow)
    monkeypatch.setattr(connecting, "_PAUSE", 0.01)
    with opened(database_url) as database:
        assert one(database, "SELECT 1") == 1
    assert refused == 2
    refused = -10_000
    with pytest.raises(DatabaseUnavailable, match="starting up"):
        connect(DatabaseSettings(database_url=database_url), application_name="test", timeouts=Timeouts(connect=1))


@pytest.fixture
def small_disk(short_directory: Path) -> Iterator[Path]:
    """A file system of 200 MB; needs the right to mount one."""
    place = short_directory / "shared"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m,mode=755", "none", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts file systems, and runs Postgres where it says")
def test_a_full_disk_stops_writers_and_loses_nothing(small_disk: Path, short_directory: Path) -> None:
    server = LocalPostgres(short_directory / "home", shared=small_disk)
    try:
        with opened(server.start()) as database:
            migrate(database)
            objects = PostgresStore(database)
            store = MemoryStore()
            to = Dependencies(database, store, RecordingMessenger())
            handle_message(result(store, 0), to)
            objects.put("documents/before", [b"before"])
            filler = small_disk / "filler"
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while file.write(bytes(1 << 16)):
                    pass
            large = result(store, 1, size=30_000)
            with pytest.raises(DatabaseUnavailable) as caught:
                handle_message(large, to)
            assert not caught.value.permanent
            with pytest.raises(StoreUnavailable, match=r"postgres:.*documents/large"):
                objects.put("documents/large", (os.urandom(1 << 20) for _ in range(64)))
            filler.unlink()
            server.start()  # a log that cannot be written ends the server
            assert [row[0] for row in rows(database)["image"]] == [bytes.fromhex(digest("image 0")[7:])]
            assert [info.key for info in objects.list("")] == ["documents/before"]
            with pytest.raises(ObjectNotFound):
                objects.head("documents/large")
            handle_message(large, to)
            objects.put("documents/large", (os.urandom(1 << 20) for _ in range(4)))
            assert one(database, "SELECT count(*) FROM image") == 2
    finally:
        server.stop()
