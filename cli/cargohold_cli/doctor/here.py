"""The deployment that this process's environment describes: the local one unless variables say otherwise."""

import os
from collections.abc import Callable, Generator, Iterator

from analyze.options import parse_options
from cargohold.database.connection import Cursor, Database
from cargohold.database.migrate import SchemaState, state
from cargohold.errors import CargoholdError
from cargohold.objects.open import open_archive, open_primary
from cargohold.objects.store import ObjectStore
from cargohold.registry.configuration import load_registries
from cargohold.settings import (
    AnalyzeSettings,
    ArchiveSettings,
    ArchiveStoreSettings,
    DatabaseSettings,
    MessagingSettings,
    PersistSettings,
    ReconcileSettings,
    StoreSettings,
    load,
)
from cargohold_cli import local
from cargohold_cli.doctor import registries
from cargohold_cli.doctor.finding import Finding, attempt, failed, ok, skipped, warning
from cargohold_cli.doctor.probes import probe_directory, probe_store

ROLES = tuple(f"cargohold_{name}" for name in ("persist", "archive", "api", "objects", "reconcile", "messages"))

_WAITING = """
SELECT queue, count(*) FILTER (WHERE NOT dead), count(*) FILTER (WHERE dead),
    extract(epoch FROM now() - min(sent_at) FILTER (WHERE NOT dead))::bigint
FROM message GROUP BY queue ORDER BY queue"""


def examine(egress: registries.Egress | None) -> Iterator[Finding]:
    """Yield what is found, in the order in which one thing needs the other."""
    broken = yield from _settings()
    if broken:
        return  # what else is found would only repeat it
    database = yield from _database()
    if database is not None:
        try:
            yield from attempt("migrations", _DATABASE, lambda: _migrations(database))
            yield from attempt("roles", _DATABASE, lambda: _roles(database))
            yield from _queues(database)
        finally:
            database.close()
    yield from _stores(database is not None)
    settings = load(AnalyzeSettings)
    if settings.cache_root:
        yield from probe_directory("layer cache", settings.cache_root, settings.cache_bytes)
    else:
        yield skipped("layer cache", "CACHE_ROOT is not set: every layer is read again for every image")
    yield from probe_directory("scratch", settings.scratch_root, settings.scratch_bytes)
    document = load_registries(settings.registries)
    yield from registries.check_answers(document)
    if egress:
        yield from registries.check_way_out(document, egress)


def _settings() -> Generator[Finding, None, bool]:
    """Yield what is wrong, and return whether anything is."""
    local.configure()
    broken = False
    os.environ.setdefault("DATABASE_URL", "")  # what is missing is the embedded server's
    for group in (AnalyzeSettings, PersistSettings, ArchiveSettings, ReconcileSettings):
        try:
            settings = load(group)
            if isinstance(settings, AnalyzeSettings):
                parse_options(settings)
                load_registries(settings.registries)
        except CargoholdError as error:
            broken = True
            name = group.__name__.removesuffix("Settings").lower()
            yield failed(f"settings of {name}", f"{error.code}: {error.message}", _SETTINGS)
    if not broken:
        yield ok("settings", "all can be read")
    return broken


def _database() -> Generator[Finding, None, Database | None]:
    """Yield one finding, and return the database when it answers."""
    embedded = not os.environ.get("DATABASE_URL")
    database: Database | None = None
    try:
        if embedded:
            local.start()
        database = Database(load(DatabaseSettings).model_copy(update={"database_role": ""}), application_name="doctor")
        version = database.run(_version)
    except CargoholdError as error:
        advice = _EMBEDDED if embedded else _DATABASE
        yield failed("database", f"{error.code}: {error.message}", advice)
        return None
    yield ok("database", f"Postgres {version} answers{', the embedded one' if embedded else ''}")
    return database


def _version(cursor: Cursor) -> str:
    cursor.execute("SHOW server_version")
    return str(cursor.fetchone()[0])


def schema_findings(found: SchemaState) -> Iterator[Finding]:
    """Judge how far a database is."""
    if found.pending:
        yield failed("migrations", f"not applied: {', '.join(found.pending)}", MIGRATE)
    elif found.newer:
        numbers = ", ".join(map(str, found.newer))
        yield warning("migrations", f"the database is of a newer release: {numbers}", "deploy that release again")
    else:
        yield ok("migrations", "the schema is this release's")


def _migrations(database: Database) -> Iterator[Finding]:
    yield from schema_findings(state(database))


def _roles(database: Database) -> Iterator[Finding]:
    def missing(cursor: Cursor) -> list[str]:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND pg_has_role(oid, 'MEMBER')", (list(ROLES),)
        )
        return sorted(set(ROLES) - {row[0] for row in cursor.fetchall()})

    if absent := database.run(missing):
        yield failed("roles", f"this user cannot take {', '.join(absent)}", "GRANT them to it, or let it migrate anew")
    else:
        yield ok("roles", "every function can take its own")


def _queues(database: Database) -> Iterator[Finding]:
    settings = load(MessagingSettings)
    if settings.messaging == "aws":
        from cargohold_cli.doctor.queues import check_queue

        for queue in ("analyze", "persist", "archive", "reconcile"):
            url = getattr(settings, f"{queue}_queue_url")
            if url:
                yield from check_queue(f"queue {queue}", url)
            else:
                yield failed(f"queue {queue}", "its URL is not set", f"set {queue.upper()}_QUEUE_URL")
        return
    if database.run(_absent):
        return  # said by the migrations and the roles
    found = {row[0]: row[1:] for row in database.run(_waiting)}
    for queue in ("analyze", "persist", "archive", "reconcile", "bus"):
        waiting, dead, age = found.get(queue, (0, 0, 0))
        if dead:
            yield failed(f"queue {queue}", f"{dead} given up, {waiting} waiting", _GIVEN_UP)
        elif queue != "bus" and waiting and age > 3600:
            yield warning(f"queue {queue}", f"{waiting} waiting, one for {age // 60} minutes", _NOT_WORKED)
        else:
            yield ok(f"queue {queue}", f"{waiting} waiting, none given up")


def _absent(cursor: Cursor) -> bool:
    cursor.execute("SELECT has_table_privilege(to_regclass('message'), 'SELECT')")
    return not cursor.fetchone()[0]


def _waiting(cursor: Cursor) -> list[tuple[str, int, int, int]]:
    cursor.execute(_WAITING)
    return list(cursor.fetchall())


def _stores(with_database: bool) -> Iterator[Finding]:
    primary, archive = load(StoreSettings), load(ArchiveStoreSettings)
    yield from _store("object store", primary.object_store, lambda: open_primary(primary), with_database)
    yield from _store("archive store", archive.archive_store, lambda: open_archive(archive), with_database)


def _store(check: str, url: str, store: Callable[[], ObjectStore], with_database: bool) -> Iterator[Finding]:
    if url.startswith("postgres:") and not with_database:
        yield skipped(check, f"{url} is in the database, which does not answer")
    else:
        yield from attempt(check, _STORE, lambda: probe_store(check, store(), url))


MIGRATE = "invoke the migrate function (`sam remote invoke MigrateFunction`); on one machine any command does it"
_SETTINGS = "correct the variable that is named; docs/configuration.md lists them"
_DATABASE = "look at DATABASE_URL, the server, its log, and the network to it"
_EMBEDDED = "look at the log in `postgres/log` under CARGOHOLD_HOME, or set DATABASE_URL to a server of your own"
_STORE = "look at the URL, the bucket or directory, credentials and rights; `cargohold objects check` tries more"
_GIVEN_UP = "`cargohold images --failed` gives reasons; when they are gone, `cargohold work --redrive` tries again"
_NOT_WORKED = "start `cargohold work` or `cargohold serve`"
