"""Keys for packages that were there before there were keys, and for keys that an older release made."""

import threading

import pytest
from tests.harness.analyses import EPOCH, RecordingMessenger, analysis_id, digest, package, pushed, store_analysis
from tests.harness.rows import execute, one

from cargohold.database import version_keys
from cargohold.database.connection import Database
from cargohold.database.version_keys import fill
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import DatabaseSettings
from cargohold.versions import key
from persist.messages import Dependencies, handle_message

_OLD_ROWS = """
INSERT INTO package (identity, type, namespace, name, version, source_name, source_version, distro, purl, licenses)
SELECT sha256(n::text::bytea), CASE WHEN n %% 5 = 0 THEN 'snap' ELSE 'deb' END, '', 'p' || n, '1.' || n || '-1', '', '',
    '', '', '{}' FROM generate_series(1, %s) n
"""
_WRONG = "SELECT count(*) FROM package WHERE (version_key IS NULL) <> (type = 'snap')"


@pytest.fixture
def old(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with packages that have no keys, filled ten at a time."""
    monkeypatch.setattr(version_keys, "BATCH", 10)
    execute(database, _OLD_ROWS, (95,))
    return database


def test_a_new_package_is_written_with_its_key(database: Database) -> None:
    to = Dependencies(database, MemoryStore(), RecordingMessenger())
    packages = [package("a", "1.10.0"), package("b", "not a version"), package("c", "1", type="snap")]
    handle_message(
        store_analysis(to.store, digest("image"), analysis_id(EPOCH), packages, references=(pushed(EPOCH),)), to
    )
    with database.transaction() as cursor:
        cursor.execute("SELECT name, version_key FROM package ORDER BY name")
        assert cursor.fetchall() == [("a", key("npm", "1.10.0")), ("b", None), ("c", None)]


def test_packages_without_keys_get_them(old: Database) -> None:
    assert fill(old) == 76
    assert one(old, _WRONG) == 0
    with old.transaction() as cursor:
        cursor.execute("SELECT version FROM package WHERE type = 'deb' ORDER BY version_key")
        found = [version for (version,) in cursor.fetchall()]
    assert found == [f"1.{number}-1" for number in range(1, 96) if number % 5]
    assert fill(old) == 0


def test_a_run_that_is_stopped_goes_on_where_it_was(old: Database) -> None:
    left = [False, False, True]
    assert fill(old, enough=lambda: left.pop(0)) == 16
    assert one(old, "SELECT done_to - (SELECT min(id) FROM package) + 1 FROM version_key_fill") == 20
    assert fill(old) == 60
    assert one(old, _WRONG) == 0


def test_only_new_packages_are_looked_at_again(old: Database) -> None:
    fill(old)
    execute(old, "UPDATE package SET version_key = NULL WHERE name = 'p1'")
    execute(old, _OLD_ROWS.replace("sha256(n", "sha256('new' || n"), (5,))
    assert fill(old) == 4
    assert one(old, "SELECT version_key FROM package WHERE name = 'p1' ORDER BY id LIMIT 1") is None


def test_keys_of_another_release_are_made_anew(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(old)
    execute(old, "UPDATE package SET version_key = 'old'")
    monkeypatch.setattr(version_keys, "KEYS_VERSION", version_keys.KEYS_VERSION + 1)
    assert fill(old) == 95
    assert one(old, _WRONG) == 0
    execute(old, "UPDATE package SET version_key = 'new'")
    monkeypatch.setattr(version_keys, "KEYS_VERSION", version_keys.KEYS_VERSION - 1)
    assert fill(old) == 0, "the older release leaves alone what the newer one makes"


def test_two_runs_at_once_do_the_work_once(old: Database, database_url: str) -> None:
    changed: list[int] = []

    def run() -> None:
        own = Database(DatabaseSettings(database_url=database_url))
        changed.append(fill(own))
        own.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(changed) == 76
    assert one(old, _WRONG) == 0


def test_the_role_of_the_daily_run_may_fill(old: Database, database_url: str) -> None:
    own = Database(DatabaseSettings(database_url=database_url, database_role="cargohold_persist"))
    assert fill(own) == 76
    own.close()
