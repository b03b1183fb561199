"""What archiving frees, the next images take: tables do not grow by what is no longer in them.

Indexes are left out: that of sets has an entry for every package there ever was, as packages stay.
"""

from datetime import timedelta

import pytest
from benchmarks.storage.analyses import Writer
from benchmarks.storage.fleet import LIFE, START, Fleet
from tests.harness.analyses import RecordingMessenger

from archive.rows import remove_image
from cargohold.contracts import AnalysisReady
from cargohold.database.connection import Database, connect
from cargohold.digests import to_text
from cargohold.objects.drivers.postgres import PostgresStore
from cargohold.settings import DatabaseSettings
from persist.collect import collect
from persist.messages import Dependencies, handle_message

IMAGES, ROUNDS = 60, 4
# Packages, layers and references stay, archived or not.
_TABLES = ("image", "image_package_set", "package_set", "package_set_seen", "layer_chain", "secret", "object_chunk")


def sizes(database: Database) -> dict[str, int]:
    with database.transaction() as cursor:
        cursor.execute("SELECT t, pg_table_size(t::regclass) FROM unnest(%s) t", (list(_TABLES),))
        return dict(cursor.fetchall())


@pytest.mark.slow
@pytest.mark.trap("B18")
def test_the_space_of_archived_images_is_used_again(database: Database, database_url: str) -> None:
    settings = DatabaseSettings(database_url=database_url)
    to = Dependencies(database, PostgresStore(Database(settings)), RecordingMessenger())
    server = connect(settings, application_name="autovacuum")
    server.autocommit = True
    seen: list[dict[str, int]] = []
    for number in range(ROUNDS):
        fleet = Fleet(IMAGES, stable=2, seed=number)
        writer = Writer(to.store, fleet)
        messages: list[AnalysisReady] = [writer.message(image) for image in fleet.walk()]
        for message in messages:
            handle_message(message, to)
        seen.append(sizes(database))
        for image, message in zip(fleet.walk(), messages, strict=True):
            with database.transaction() as cursor:
                remove_image(cursor, to_text(image.digest))
            for document in message.documents:
                to.store.delete(document.key)
        collected = collect(database, at=START + LIFE + timedelta(days=2), retention=timedelta(days=90))
        assert collected.sets > IMAGES / 2
        with server.cursor() as cursor:
            cursor.execute("VACUUM")
    server.close()
    for table in _TABLES:
        assert seen[-1][table] <= 1.3 * seen[0][table] + 65_536, (table, [size[table] for size in seen])
