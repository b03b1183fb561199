import threading
from pathlib import Path

import psycopg2
import pytest

from cargohold.database.connection import Database
from cargohold.database.migrate import migrate, migrations
from cargohold.errors import InvalidConfiguration
from cargohold.settings import DatabaseSettings


@pytest.fixture
def empty(postgres):
    with postgres.new_database(migrated=False) as url:
        database = Database(DatabaseSettings(database_url=url))
        yield database
        database.close()


def test_applies_once_and_reports_what_it_applied(empty):
    assert migrate(empty) == [migration.version for migration in migrations()]
    assert migrate(empty) == []


def test_two_runners_at_once_apply_everything_once(postgres):
    with postgres.new_database(migrated=False) as url:
        applied: list[list[int]] = []

        def run() -> None:
            database = Database(DatabaseSettings(database_url=url))
            applied.append(migrate(database))
            database.close()

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(version for versions in applied for version in versions) == [m.version for m in migrations()]
    assert len(applied) == 4


def test_a_failing_migration_leaves_nothing(empty, tmp_path: Path):
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE a (n integer)")
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE b (n integer); SELECT 1/0")
    with pytest.raises(psycopg2.errors.DivisionByZero):
        migrate(empty, tmp_path)
    with empty.transaction() as cursor:
        cursor.execute("SELECT to_regclass('a') IS NOT NULL, to_regclass('b') IS NULL")
        assert cursor.fetchone() == (True, True)
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE b (n integer)")
    assert migrate(empty, tmp_path) == [2]


def test_a_changed_migration_is_refused(empty, tmp_path: Path):
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE a (n integer)")
    migrate(empty, tmp_path)
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE a (n bigint)")
    with pytest.raises(InvalidConfiguration, match="0001_first"):
        migrate(empty, tmp_path)


def test_numbers_have_no_gaps(tmp_path: Path):
    (tmp_path / "0002_second.sql").write_text("SELECT 1")
    with pytest.raises(InvalidConfiguration):
        migrations(tmp_path)


def test_a_table_in_use_is_not_waited_for(empty, tmp_path: Path, monkeypatch):
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE a (n integer)")
    (tmp_path / "0002_second.sql").write_text("SET LOCAL lock_timeout = '50ms'; ALTER TABLE a ADD m integer")
    other = Database(empty._settings)
    (tmp_path / "0002_second.sql").rename(tmp_path / "later")
    migrate(empty, tmp_path)
    (tmp_path / "later").rename(tmp_path / "0002_second.sql")
    with other.transaction() as cursor:
        cursor.execute("SELECT * FROM a")
        with pytest.raises(Exception, match="lock timeout"):
            migrate(empty, tmp_path)
    other.close()
    assert migrate(empty, tmp_path) == [2]


@pytest.mark.parametrize(
    "role",
    [
        "cargohold_persist",
        "cargohold_archive",
        "cargohold_api",
        "cargohold_objects",
        "cargohold_messages",
        "cargohold_reconcile",
    ],
)
def test_every_role_can_be_taken_on(database_url, role):
    database = Database(DatabaseSettings(database_url=database_url, database_role=role))
    with database.transaction() as cursor:
        cursor.execute("SELECT current_user, has_table_privilege('tombstone', 'DELETE')")
        assert cursor.fetchone() == (role, False)
    database.close()


def test_the_handler_reads_its_settings_and_returns_the_versions(postgres, monkeypatch):
    from migrate.handler import handle

    with postgres.new_database(migrated=False) as url:
        monkeypatch.setenv("DATABASE_URL", url)

        class Context:
            function_name = "migrate"
            memory_limit_in_mb = 128
            invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:migrate"
            aws_request_id = "request"

            def get_remaining_time_in_millis(self) -> int:
                return 900_000

        assert handle({}, Context()) == {"applied": [m.version for m in migrations()], "version_keys": 0}
        assert handle({}, Context()) == {"applied": [], "version_keys": 0}
