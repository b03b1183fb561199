import io
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import psycopg2.extensions
import pytest
from psycopg2 import sql

from cargohold.database.connection import FOREIGN_KEY_VIOLATION, Database, Timeouts, sqlstate
from cargohold.errors import DatabaseUnavailable, InvalidConfiguration
from cargohold.settings import DatabaseSettings


def _killed(database, database_url):
    """Have the server end the session of `database`."""
    with database.transaction() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = Database(DatabaseSettings(database_url=database_url))
    with other.transaction() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    other.close()


def test_sessions_are_bounded_and_named(database_url):
    database = Database(DatabaseSettings(database_url=database_url), application_name="persist")
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('application_name', 'statement_timeout',"
            " 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'TimeZone')"
        )
        assert dict(cursor.fetchall()) == {
            "application_name": "persist",
            "statement_timeout": "60000",
            "lock_timeout": "10000",
            "idle_in_transaction_session_timeout": "60000",
            "idle_session_timeout": "60000",
            "TimeZone": "UTC",
        }
    database.close()


def test_options_of_the_url_are_kept(database_url):
    url = database_url + "&options=-c%20work_mem%3D5MB"
    database = Database(DatabaseSettings(database_url=url, database_role="cargohold_api"))
    with database.transaction() as cursor:
        cursor.execute("SELECT current_setting('work_mem'), current_user")
        assert cursor.fetchone() == ("5MB", "cargohold_api")
    database.close()


def test_one_connection_serves_all_transactions(database):
    pids = set()
    for _ in range(3):
        with database.transaction() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.add(cursor.fetchone())
    assert len(pids) == 1


def test_an_error_rolls_back_and_the_connection_stays(database):
    def fail(cursor, statement):
        cursor.execute("INSERT INTO layer (diff_id, blob_digest) VALUES (%s, '')", (b"a" * 32,))
        cursor.execute(statement)
        raise KeyError(statement)

    with pytest.raises(psycopg2.errors.DivisionByZero), database.transaction() as cursor:
        fail(cursor, "SELECT 1 / 0")
    with pytest.raises(KeyError), database.transaction() as cursor:
        fail(cursor, "SELECT 1")
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM layer")
        assert cursor.fetchone() == (0,)


FIRST = {
    "text": lambda cursor: cursor.execute("INSERT INTO first VALUES (%s)", (1,)),
    "composed": lambda cursor: cursor.execute(
        sql.SQL("INSERT INTO {} VALUES (%s)").format(sql.Identifier("first")), (1,)
    ),
    "many": lambda cursor: cursor.executemany("INSERT INTO first VALUES (%s)", [(1,), (2,)]),
    "copy": lambda cursor: cursor.copy_expert("COPY first FROM STDIN", io.StringIO("1\n2\n")),
}


@pytest.mark.parametrize("how", FIRST)
def test_whatever_comes_first_is_part_of_its_transaction(database, how):
    def left():
        with database.transaction() as cursor:
            cursor.execute("SELECT count(*) FROM first")
            return cursor.fetchone()[0]

    def fail(cursor):
        FIRST[how](cursor)
        raise KeyError(how)

    with database.transaction() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE first (id int)")
    with pytest.raises(KeyError), database.transaction() as cursor:
        fail(cursor)
    assert left() == 0
    with database.transaction() as cursor:
        FIRST[how](cursor)
    assert left() > 0


def test_a_transaction_begins_with_its_first_statement_and_one_without_never(database):
    with database.transaction():
        pass
    with database.transaction() as cursor:
        cursor.execute("SELECT now()")
        first = cursor.fetchone()
        cursor.execute("SELECT now(), state, pg_backend_pid() FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        assert cursor.fetchone()[0] == first[0], "one transaction, one time"
        status = cursor.connection.info
        assert status.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_INTRANS
    assert status.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE


def test_a_session_the_server_closed_while_idle_is_replaced(database, database_url, monkeypatch):
    _killed(database, database_url)
    monkeypatch.setattr("cargohold.database.connection._PING_AFTER", 0)
    with database.transaction() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_run_survives_a_lost_connection_and_a_transaction_reports_it(database, database_url):
    _killed(database, database_url)
    with pytest.raises(DatabaseUnavailable), database.transaction() as cursor:
        cursor.execute("SELECT 1")
    _killed(database, database_url)

    def work(cursor):
        cursor.execute("SELECT 1")
        return cursor.fetchone()

    assert database.run(work) == (1,)


def test_run_retries_a_deadlock(database_url):
    databases = [Database(DatabaseSettings(database_url=database_url)) for _ in range(2)]
    with databases[0].transaction() as cursor:
        cursor.execute("CREATE TABLE pair (n integer PRIMARY KEY, hits integer NOT NULL DEFAULT 0)")
        cursor.execute("INSERT INTO pair SELECT generate_series(1, 2)")
    both_hold_one = threading.Barrier(2)
    tries = []

    def run(database, order):
        def work(cursor):
            tries.append(order)
            cursor.execute("UPDATE pair SET hits = hits + 1 WHERE n = %s", (order[0],))
            if len(tries) <= 2:
                both_hold_one.wait(600)
            cursor.execute("UPDATE pair SET hits = hits + 1 WHERE n = %s", (order[1],))

        database.run(work)

    with ThreadPoolExecutor() as threads:
        list(threads.map(run, databases, [(1, 2), (2, 1)]))
    with databases[0].transaction() as cursor:
        cursor.execute("SELECT array_agg(hits) FROM pair")
        assert cursor.fetchone() == ([2, 2],)
    assert len(tries) == 3
    for database in databases:
        database.close()


@pytest.mark.trap("B8")
def test_run_retries_what_the_caller_names(database):
    tries = []

    def work(cursor):
        tries.append(1)
        if len(tries) < 3:
            cursor.execute("INSERT INTO package_set_seen VALUES (1, now(), now())")

    database.run(work, retry=frozenset({FOREIGN_KEY_VIOLATION}))
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        database.run(work)


def test_a_statement_that_takes_too_long_is_transient(database_url):
    database = Database(DatabaseSettings(database_url=database_url), timeouts=Timeouts(statement=1))
    with pytest.raises(DatabaseUnavailable) as caught, database.transaction() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    assert sqlstate(caught.value) == "57014"
    database.close()


@pytest.mark.trap("B12")
def test_a_frozen_client_does_not_keep_its_locks(database_url):
    frozen = Database(DatabaseSettings(database_url=database_url), timeouts=Timeouts(idle_in_transaction=1))
    other = Database(DatabaseSettings(database_url=database_url))
    statement = "INSERT INTO layer (diff_id, blob_digest) VALUES (%s, '')"

    def freeze(cursor):
        cursor.execute(statement, (b"a" * 32,))
        with other.transaction() as waiting:  # who would wait for as long as the lock is held gets an error
            waiting.execute(statement, (b"a" * 32,))

    with pytest.raises(DatabaseUnavailable), frozen.transaction() as cursor:
        freeze(cursor)
    for database in (frozen, other):
        database.close()


def test_threads_take_turns_and_nesting_is_refused(database):
    seen = []

    def work():
        with database.transaction() as cursor:
            cursor.execute("SELECT count(*) FROM layer")
            (before,) = cursor.fetchone()
            cursor.execute("INSERT INTO layer (diff_id, blob_digest) VALUES (%s, '')", (bytes([before]) * 32,))
            seen.append(before)

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(work) for _ in range(8)]:
            done.result()
    assert sorted(seen) == list(range(8))
    with database.transaction(), pytest.raises(RuntimeError), database.transaction():
        pass


def test_a_server_that_is_not_there_is_transient():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    settings = DatabaseSettings(database_url=f"postgresql://u:secret@127.0.0.1:{port}/d")
    with pytest.raises(DatabaseUnavailable) as caught, Database(settings).transaction():
        pass
    assert "secret" not in str(caught.value)


def test_a_wrong_url_is_named_without_its_password():
    with (
        pytest.raises(InvalidConfiguration) as caught,
        Database(DatabaseSettings(database_url="host=h pass word=secret")).transaction(),
    ):
        pass
    assert "DATABASE_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_iam_signs_a_token_and_insists_on_verified_tls(monkeypatch):
    from cargohold.database.connection import _parameters

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    settings = DatabaseSettings(
        database_url="postgresql://cargohold_persist@db.example:6432/cargohold?sslmode=disable", database_auth="iam"
    )
    parameters = _parameters(settings, "persist", Timeouts())
    assert parameters["sslmode"] == "verify-full"
    assert parameters["password"].startswith("db.example:6432/?Action=connect&DBUser=cargohold_persist")
    with pytest.raises(InvalidConfiguration):
        _parameters(DatabaseSettings(database_url="dbname=x", database_auth="iam"), "persist", Timeouts())
