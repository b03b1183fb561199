"""Numbered SQL migrations: forward only, each in a transaction of its own, under an advisory lock."""

import re
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from cargohold.database.connection import Cursor, Database
from cargohold.errors import InvalidConfiguration

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_LOCK = 0x6361_7267_6F68  # "cargoh": any constant that nobody else takes

_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""


@dataclass(frozen=True, slots=True)
class Migration:
    """A file `NNNN_name.sql`."""

    version: int
    name: str
    statements: str

    @property
    def sha256(self) -> bytes:
        return sha256(self.statements.encode()).digest()


def migrations(directory: Traversable | None = None) -> list[Migration]:
    """Return the migrations of `directory` (by default those of this release) in order."""
    found = []
    for file in (directory or files("cargohold.database") / "migrations").iterdir():
        match = _NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match[1]), file.name, file.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.version)
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise InvalidConfiguration(setting="migrations", reason="their numbers are not 1, 2, 3 and so on")
    return found


def migrate(database: Database, directory: Traversable | None = None) -> list[int]:
    """Apply what is missing and return the versions applied; of two concurrent runners one waits.

    A migration that fails leaves nothing of itself behind. Raises `DatabaseUnavailable` when a lock
    is not to be had, and `InvalidConfiguration` when an applied migration was changed afterwards.
    """
    return [migration.version for migration in migrations(directory) if database.run(partial(_apply, migration))]


@dataclass(frozen=True, slots=True)
class SchemaState:
    """How far a database is: names of migrations that are `pending`, numbers of those of a `newer` release."""

    pending: list[str]
    newer: list[int]


def state(database: Database) -> SchemaState:
    """Return how far `database` is, and change nothing. Raises as `migrate` does."""
    known = migrations()
    applied = database.run(_applied)
    for migration in known:
        _check(migration, applied.get(migration.version, migration.sha256))
    return SchemaState(
        pending=[migration.name for migration in known if migration.version not in applied],
        newer=sorted(applied.keys() - {migration.version for migration in known}),
    )


def _applied(cursor: Cursor) -> dict[int, bytes]:
    cursor.execute("SELECT to_regclass('schema_migration') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return {}
    cursor.execute("SELECT has_table_privilege('schema_migration', 'SELECT')")
    if not cursor.fetchone()[0]:
        raise InvalidConfiguration(
            setting="DATABASE_URL", reason="its user may not read what was migrated, the owner may"
        )
    cursor.execute("SELECT version, sha256 FROM schema_migration")
    return dict(cursor.fetchall())


def _check(migration: Migration, applied: bytes) -> None:
    if applied != migration.sha256:
        raise InvalidConfiguration(setting=migration.name, reason="it was changed after it had been applied")


def _apply(migration: Migration, cursor: Cursor) -> bool:
    # The other runner may be at work for long; tables in use may not be waited for at all.
    cursor.execute("SET LOCAL statement_timeout = '15min'; SET LOCAL lock_timeout = '15min'")
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    cursor.execute("SET LOCAL lock_timeout = '5s'")
    cursor.execute("SELECT to_regclass('schema_migration') IS NOT NULL")
    if not cursor.fetchone()[0]:
        cursor.execute(_TABLE)
    cursor.execute("SELECT sha256 FROM schema_migration WHERE version = %s", (migration.version,))
    applied = cursor.fetchone()
    if applied is not None:
        _check(migration, applied[0])
        return False
    cursor.execute(migration.statements)
    cursor.execute(
        "INSERT INTO schema_migration (version, name, sha256) VALUES (%s, %s, %s)",
        (migration.version, migration.name, migration.sha256),
    )
    return True
