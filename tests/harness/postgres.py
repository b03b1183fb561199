"""A real Postgres for the tests: one server a session, one database a test, cloned from a migrated template."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from cargohold.database.connection import Cursor, Database, connect
from cargohold.database.migrate import migrate
from cargohold.settings import DatabaseSettings
from cargohold_cli.postgres import LocalPostgres

_TEMPLATE = "cargohold_template"

# Tests of durability start a server of their own.
_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "120"}


@dataclass(slots=True)
class PostgresServer:
    """A running server with a migrated template."""

    url: str
    _numbers: Iterator[int] = field(default_factory=count)

    def url_of(self, database: str) -> str:
        """Return the DATABASE_URL of one of the server's databases."""
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    @contextmanager
    def new_database(self, *, migrated: bool = True) -> Iterator[str]:
        """Yield the URL of a fresh database; it is dropped at the end, whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, _TEMPLATE if migrated else "template0")
        try:
            yield self.url_of(name)
        finally:
            self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def make_template(self) -> None:
        """Make the database that the others are copies of."""
        self._execute("CREATE DATABASE {}", _TEMPLATE)
        database = Database(DatabaseSettings(database_url=self.url_of(_TEMPLATE)))
        migrate(database)
        database.close()

    def _execute(self, statement: str, *names: str) -> None:
        connection = connect(DatabaseSettings(database_url=self.url), application_name="harness")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        finally:
            connection.close()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server in a directory of its own; raises `LocalPostgresFailed` when the machine has none."""
    # Short, for the limit of socket paths, and reachable for the user that root runs it as.
    directory = Path(tempfile.mkdtemp(prefix="ch-", dir="/tmp"))
    directory.chmod(0o755)
    local = LocalPostgres(directory / "home", shared=directory / "shared", settings=_SETTINGS)
    try:
        server = PostgresServer(local.start())
        server.make_template()
        yield server
    finally:
        local.stop()
        shutil.rmtree(directory, ignore_errors=True)


def query(url: str, statement: str | sql.Composable, *parameters: Any) -> list[tuple[Any, ...]]:
    """Return the rows that a statement gives, committed, over a connection of its own."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def serve_tls(cursor: Cursor, certificate: Path, key: Path, access: str) -> None:
    """Have a server take connections over TLS, those of `access`: a line of pg_hba.conf. `cursor` is in autocommit."""
    cursor.execute("SHOW data_directory")
    account = Path(cursor.fetchone()[0]).stat()
    for path in (certificate, key):
        os.chown(path, account.st_uid, account.st_gid)
    key.chmod(0o600)
    cursor.execute("SHOW hba_file")
    with Path(cursor.fetchone()[0]).open("a") as file:
        file.write(f"{access}\n")
    cursor.execute("ALTER SYSTEM SET ssl_cert_file = %s", (str(certificate),))
    cursor.execute("ALTER SYSTEM SET ssl_key_file = %s", (str(key),))
    cursor.execute("ALTER SYSTEM SET ssl = on")
    cursor.execute("SELECT pg_reload_conf()")
