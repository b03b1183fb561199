"""The fleet of the storage benchmark: what is loaded in bulk is what persist would have written."""

from datetime import timedelta

from benchmarks.storage.analyses import Writer
from benchmarks.storage.fleet import LIFE, START, Fleet
from benchmarks.storage.load import Loader
from tests.harness.analyses import RecordingMessenger
from tests.harness.postgres import PostgresServer
from tests.harness.rows import rows

from cargohold.database.connection import Database
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import DatabaseSettings
from persist.collect import collect
from persist.messages import Dependencies, handle_message

IMAGES = 420


def test_bulk_and_writer_write_the_same_rows(database: Database, postgres: PostgresServer) -> None:
    fleet = Fleet(IMAGES, stable=10)
    to = Dependencies(database, MemoryStore(), RecordingMessenger())
    writer = Writer(to.store, fleet)
    for image in fleet.walk():
        handle_message(writer.message(image), to)
    collect(database, at=START + LIFE, retention=timedelta(days=90))
    with postgres.new_database() as url:
        other = Database(DatabaseSettings(database_url=url))
        fleet = Fleet(IMAGES, stable=10)
        loader = Loader(other, fleet, until=START + LIFE)
        loader.load(fleet.walk(), IMAGES)
        loader.finish()
        expected, found = rows(database), rows(other)
        other.close()
    for name in ("image", "attempt"):  # the digest of the head, when it was finished
        expected[name], found[name] = ([row[:4] + row[5:] for row in both[name]] for both in (expected, found))
    for name, table in expected.items():
        assert found[name] == table, name
