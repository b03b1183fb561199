"""Connections: one per environment, reused, bounded in time.

Only this room and the Postgres object driver import psycopg2. Times are in seconds.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import psycopg2
from psycopg2 import extensions, extras

from cargohold.database.cursor import TransactionCursor
from cargohold.errors import DatabaseUnavailable, InvalidConfiguration
from cargohold.settings import DatabaseSettings

T = TypeVar("T")

# SQLSTATEs, PostgreSQL documentation, appendix A.
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
FOREIGN_KEY_VIOLATION = "23503"
NOT_NULL_VIOLATION = "23502"
LOCK_NOT_AVAILABLE = "55P03"

_ATTEMPTS = 6
# "... starting up", "... in recovery mode", "... shutting down": SQLSTATE 57P03, which libpq tells only in words.
_NOT_YET = "the database system is "
_PAUSE = 0.5  # between two tries to connect
_PING_AFTER = 5.0  # a connection idle for longer may have been closed by the server


class Cursor(Protocol):
    """What statements run on: a DB-API cursor. `bytea` arrives as `bytes`, `uuid` as `UUID`."""

    rowcount: int
    connection: Any

    def execute(self, statement: str, parameters: Any = None) -> None: ...
    def at_commit(self, statement: str, parameters: Any = None) -> None: ...
    def executemany(self, statement: str, parameters: Any) -> None: ...
    def fetchone(self) -> Any: ...
    def fetchmany(self, size: int) -> list[Any]: ...
    def fetchall(self) -> list[Any]: ...
    def copy_expert(self, statement: str, file: Any, size: int = 8192) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long anything may take. A paused Aurora resumes within `connect`."""

    connect: int = 45
    statement: int = 60
    lock: int = 10
    idle_in_transaction: int = 60
    idle_session: int = 60  # Aurora pauses only when nobody is connected


def connect(settings: DatabaseSettings, *, application_name: str, timeouts: Timeouts | None = None) -> Any:
    """Return a new psycopg2 connection, waiting for a server that is about to accept some.

    Raises `DatabaseUnavailable`, and `InvalidConfiguration` when DATABASE_URL cannot be parsed.
    """
    timeouts = timeouts or Timeouts()
    parameters = _parameters(settings, application_name, timeouts)
    deadline = time.monotonic() + timeouts.connect
    while True:
        try:
            connection = psycopg2.connect(**parameters)
        except psycopg2.OperationalError as error:
            if _NOT_YET not in str(error) or time.monotonic() + _PAUSE > deadline:
                raise DatabaseUnavailable(reason=_first_line(error)) from error
            time.sleep(_PAUSE)
        else:
            break
    extensions.register_type(_BYTES, connection)
    extensions.register_type(_BYTES_ARRAY, connection)
    return connection


class Database:
    """A connection that is opened at first use, reused, and opened again when it was lost.

    Threads take turns: a transaction belongs to one thread, and the others wait for its end.
    """

    def __init__(
        self, settings: DatabaseSettings, *, application_name: str = "cargohold", timeouts: Timeouts | None = None
    ) -> None:
        self._settings = settings
        self._application_name = application_name
        self._timeouts = timeouts or Timeouts()
        self._turn = threading.RLock()
        self._connection: Any = None
        self._used = 0.0
        self._busy = False

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Yield a cursor; commit at the end, roll back when the block raises.

        Raises `DatabaseUnavailable` when the server is away, takes too long, or gave up this
        transaction for another; all are worth a retry of the whole transaction (`run`). Constraint
        violations and wrong statements are raised as psycopg2 has them.
        """
        with self._turn:
            if self._busy:
                raise RuntimeError("a transaction of this thread is open already")
            connection = self._ready()
            self._busy = True
            try:
                with connection.cursor() as cursor:
                    yield cursor
                    cursor.commit()
            except psycopg2.OperationalError as error:
                self._abandon()
                raise DatabaseUnavailable(reason=_first_line(error)) from error
            except psycopg2.InterfaceError as error:
                self.close()
                raise DatabaseUnavailable(reason=_first_line(error)) from error
            except BaseException:
                self._abandon()
                raise
            finally:
                self._busy = False
                self._used = time.monotonic()

    def run(self, work: Callable[[Cursor], T], *, retry: frozenset[str] = frozenset()) -> T:
        """Return `work(cursor)`, run in a transaction of its own, again when that can help.

        Retried are deadlocks, serialization failures, a reused connection that turns out to be lost,
        and the SQLSTATEs in `retry`. `work` must be idempotent: a connection lost during the commit leaves its outcome
        unknown.
        """
        again = retry | {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}
        for attempt in range(1, _ATTEMPTS + 1):
            reused = self._connection is not None
            try:
                with self.transaction() as cursor:
                    return work(cursor)
            except (DatabaseUnavailable, psycopg2.Error) as error:
                cause = error.__cause__ if isinstance(error, DatabaseUnavailable) else error
                state = sqlstate(cause)
                # A server that cannot be reached at all is the caller's to wait for.
                lost = reused and self._connection is None
                if attempt == _ATTEMPTS or not (state in again or lost):
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 -- jitter, not a secret
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _ready(self) -> Any:
        if self._connection is not None and (self._connection.closed or not self._alive()):
            self.close()
        if self._connection is None:
            self._connection = connect(self._settings, application_name=self._application_name, timeouts=self._timeouts)
            self._connection.autocommit = True
            self._connection.cursor_factory = TransactionCursor
        return self._connection

    def _alive(self) -> bool:
        if time.monotonic() - self._used < _PING_AFTER:
            return True
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.rollback()
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            return False
        return True

    def _abandon(self) -> None:
        try:
            with self._connection.cursor() as cursor:
                cursor.rollback()
        except psycopg2.Error:
            self.close()
        else:
            if self._connection.closed:
                self.close()


def sqlstate(error: BaseException | None) -> str:
    """Return the SQLSTATE that the server gave, or the empty string."""
    if isinstance(error, DatabaseUnavailable):
        error = error.__cause__
    return getattr(error, "pgcode", None) or ""


def _parameters(settings: DatabaseSettings, application_name: str, timeouts: Timeouts) -> dict[str, str]:
    try:
        parameters: dict[str, str] = extensions.parse_dsn(settings.database_url)
    except psycopg2.Error:
        # libpq's message quotes the text, and with it the password.
        raise InvalidConfiguration(setting="DATABASE_URL", reason="it is not a libpq URL or key=value string") from None
    session = {
        "statement_timeout": f"{timeouts.statement}s",
        "lock_timeout": f"{timeouts.lock}s",
        "idle_in_transaction_session_timeout": f"{timeouts.idle_in_transaction}s",
        "idle_session_timeout": f"{timeouts.idle_session}s",
        "timezone": "UTC",
        "jit": "off",  # compiling costs half a second where the query takes milliseconds
        "max_parallel_workers_per_gather": "0",  # so does starting workers, for what an index finds
        "plan_cache_mode": "force_generic_plan",  # a prepared statement is planned once, not with every value
    }
    if settings.database_role:
        session["role"] = settings.database_role
    # As start-up options they cost no round trip and hold before the first statement.
    options = " ".join(f"-c {name}={_escaped(value)}" for name, value in session.items())
    parameters |= {
        "application_name": application_name,
        "options": f"{parameters.get('options', '')} {options}".strip(),
        "connect_timeout": str(timeouts.connect),
        "keepalives": "1",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
    }
    if settings.database_auth == "iam":
        parameters |= {"password": _token(parameters), "sslmode": "verify-full"}
    return parameters


def _token(parameters: dict[str, str]) -> str:
    import boto3

    host, user = parameters.get("host", ""), parameters.get("user", "")
    if not host or not user:
        raise InvalidConfiguration(setting="DATABASE_URL", reason="IAM authentication needs a host and a user")
    # Signed here with the function's credentials: no call leaves the network.
    client = boto3.client("rds", region_name=os.environ.get("AWS_REGION"))
    token: str = client.generate_db_auth_token(
        DBHostname=host, Port=int(parameters.get("port", "5432")), DBUsername=user
    )
    return token


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _bytes(value: str | None, cursor: Any) -> bytes | None:
    view = psycopg2.BINARY(value, cursor)
    return None if view is None else bytes(view)


# Object identifiers of bytea and bytea[]: PostgreSQL, src/include/catalog/pg_type.dat.
_BYTES = extensions.new_type((17,), "BYTES", _bytes)
_BYTES_ARRAY = extensions.new_array_type((1001,), "BYTES[]", _BYTES)
extras.register_uuid()
