"""`sam local invoke` of each function, against a real Postgres and the documents it should write or read."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.harness.postgres import PostgresServer
from tests.harness.sam import Local

from cargohold.database.migrate import migrations

pytestmark = pytest.mark.slow


def socket_directory(url: str) -> Path:
    """Return the directory of the Unix socket in a libpq URL."""
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def reach(url: str) -> dict[str, Any]:
    """Return how a container reaches the database at `url`: its socket, under the same path."""
    directory = socket_directory(url)
    return {
        "environment": {"DATABASE_URL": url, "DATABASE_AUTH": "password"},
        "mounts": {directory: str(directory)},
    }


def test_migrate_brings_an_empty_database_to_the_schema(functions: Local, postgres: PostgresServer) -> None:
    with postgres.new_database(migrated=False) as url:
        everything = [migration.version for migration in migrations()]

        assert functions.invoke("MigrateFunction", {}, **reach(url)) == {"applied": everything}
        assert functions.invoke("MigrateFunction", {}, **reach(url)) == {"applied": []}
