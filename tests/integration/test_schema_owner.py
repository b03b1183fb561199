"""The schema on every Postgres at hand, made by an owner who is no superuser, as on RDS."""

import time

import psycopg2
import pytest

from cargohold.database.connection import Database
from cargohold.database.migrate import migrate, migrations
from cargohold.settings import DatabaseSettings
from cargohold_cli import postgres_binaries
from cargohold_cli.postgres import LocalPostgres
from cargohold_cli.postgres_binaries import Binaries

ROLES = (
    "cargohold_persist",
    "cargohold_archive",
    "cargohold_api",
    "cargohold_objects",
    "cargohold_messages",
    "cargohold_reconcile",
)


def _every_postgres() -> list[Binaries]:
    found = {}
    for directory in (*postgres_binaries._of_system(), *postgres_binaries._of_wheel()):
        major = postgres_binaries._major(directory)
        if major >= postgres_binaries.MINIMUM:
            found.setdefault(major, Binaries(directory, major))
    return list(found.values())


def _let_in(url: str) -> None:
    """Wait until the server has read who may connect."""
    end = time.monotonic() + 300
    while True:
        try:
            psycopg2.connect(url).close()
        except psycopg2.OperationalError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("binaries", _every_postgres(), ids=lambda binaries: f"postgres {binaries.major}")
def test_an_owner_without_rights_over_the_server_migrates(binaries, short_directory):
    local = LocalPostgres(short_directory / "home", shared=short_directory / "shared", find_binaries=lambda _: binaries)
    url = local.start()
    try:
        admin = Database(DatabaseSettings(database_url=url))
        with admin.transaction() as cursor:
            cursor.execute("CREATE ROLE rds_iam; CREATE ROLE owner LOGIN CREATEROLE")
            cursor.execute("GRANT rds_iam TO owner WITH ADMIN OPTION")
            cursor.execute("GRANT ALL ON DATABASE postgres TO owner; ALTER SCHEMA public OWNER TO owner")
            (local.status().directory / "configuration" / "pg_hba.conf").write_text("local all all trust\n")
            cursor.execute("SELECT pg_reload_conf()")
        admin.close()
        as_owner = DatabaseSettings(database_url=url.replace("//cargohold@", "//owner@"))
        _let_in(as_owner.database_url)
        owner = Database(as_owner)
        assert migrate(owner) == [migration.version for migration in migrations()]
        with owner.transaction() as cursor:
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin AND pg_has_role(oid, 'rds_iam', 'MEMBER')")
            assert {name for (name,) in cursor} >= set(ROLES)
        owner.close()
        for role in ROLES:
            member = Database(as_owner.model_copy(update={"database_role": role}))
            with member.transaction() as cursor:
                cursor.execute("SELECT current_user, session_user")
                assert cursor.fetchone() == (role, "owner")
            member.close()
    finally:
        local.stop()
