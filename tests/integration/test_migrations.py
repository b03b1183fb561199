"""Migrations of databases with data: nothing is lost, and what the older release does still works after them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.harness.postgres import PostgresServer

import cargohold.database.migrations as released
from api.queries.images import get_image, list_images
from api.queries.packages import PackageFilter, search_packages
from cargohold.database.connection import Cursor, Database
from cargohold.database.migrate import migrate, migrations
from cargohold.database.version_keys import fill
from cargohold.digests import to_text
from cargohold.settings import DatabaseSettings

VERSIONS = [migration.version for migration in migrations()]

# What each release writes, in the columns that it knows. %(n)s keeps rows of several runs apart.
_ROWS = {
    1: """
INSERT INTO layer (diff_id, blob_digest) VALUES (sha256(%(n)s), ''), (sha256(%(n)s || 'b'), sha256(%(n)s));
INSERT INTO layer_chain (sha256, layers) SELECT sha256(%(n)s), array_agg(id) FROM layer;
INSERT INTO image (digest, media_type, os, architecture, distro_id, distro_version, layer_chain_id, analysis_id,
    analysis_sha256, catalog_version, analyzed_at)
SELECT sha256(%(n)s), 'application/vnd.oci.image.manifest.v1+json', 'linux', 'amd64', 'debian', '12', max(id),
    gen_random_uuid(), sha256('head'), 1, now() FROM layer_chain;
UPDATE image SET status = 'archiving', revision = revision + 1, request_id = gen_random_uuid();
INSERT INTO image_index (index_digest, image_digest) VALUES (sha256('i'), sha256(%(n)s));
INSERT INTO reference (registry, repository, tag, digest, first_seen, pushed_at)
VALUES ('r', 'shop', encode(%(n)s, 'hex'), sha256(%(n)s), now(), now()), ('r', 'shop', '', sha256(%(n)s), now(), now());
INSERT INTO reference_event (registry, repository, tag, digest, event, at)
VALUES ('r', 'shop', 'v1', sha256(%(n)s), 'pushed', now()), ('r', 'shop', '', sha256(%(n)s), 'removed', now());
INSERT INTO attempt (analysis_id, registry, repository, tag, status, started_at)
VALUES (gen_random_uuid(), 'r', 'shop', 'v1', 'analysis_failed', now());
INSERT INTO package (identity, type, namespace, name, version, source_name, source_version, distro, purl, licenses)
SELECT sha256(%(n)s || v::bytea), 'deb', '', 'openssl', v, 'openssl', v, 'debian-12', 'pkg:deb/openssl@' || v, '{MIT}'
FROM unnest(ARRAY['3.0.9-1', '3.0.10-1']) v;
INSERT INTO package_set (sha256, scope, members)
SELECT sha256(%(n)s), 'visible', array_agg(id ORDER BY id) FROM package WHERE identity IN
    (sha256(%(n)s || '3.0.9-1'), sha256(%(n)s || '3.0.10-1'));
INSERT INTO package_set_seen SELECT id, now(), now() FROM package_set WHERE sha256 = sha256(%(n)s);
INSERT INTO image_package_set (image_id, cataloger, scope, set_id)
SELECT i.id, 'dpkg', 'visible', s.id FROM image i, package_set s
WHERE i.digest = sha256(%(n)s) AND s.sha256 = sha256(%(n)s);
INSERT INTO object (key, upload, size, sha256) VALUES (encode(%(n)s, 'hex'), gen_random_uuid(), 3, sha256('abc'));
INSERT INTO object_chunk (upload, ordinal, data) SELECT upload, 0, 'abc' FROM object WHERE key = encode(%(n)s, 'hex');
INSERT INTO archived_image (digest, status, request_id, bundle_key, bundle_sha256, bundle_size, analysis_id,
    catalog_version, os, architecture, distro_id, distro_version, package_count, "references", primary_keys,
    analyzed_at)
VALUES (sha256(%(n)s), 'archived', gen_random_uuid(), 'k', sha256('b'), 1, gen_random_uuid(), 1, 'linux', 'amd64',
    'debian', '12', 2, '[{"repository": "shop"}]', '{a,b}', now());
INSERT INTO tombstone (digest, at, reason) VALUES (sha256(%(n)s), now(), 'archived');
INSERT INTO archive_rule (name, rule) VALUES (encode(%(n)s, 'hex'), '{"transition": "archive"}');
INSERT INTO archive_rule_run (execution_id, rule_name, dry_run, examined, selected, requested, started_at)
VALUES ('e', 'old', false, 1, 1, 1, now());
INSERT INTO message (queue, body) VALUES ('analyze', '{}'), ('persist', '{}'), ('archive', '{}'), ('bus', '{}');
""",
    2: """
INSERT INTO secret (image_id, ordinal, rule, category, title, severity, source, path, layer, line, "column", snippet,
    digest, visible, created_by)
SELECT id, 0, 'private-key', 'AsymmetricPrivateKey', 'Key', 'HIGH', 'file', '/k', 0, 1, 1, '-----BEGIN', '', true, ''
FROM image WHERE digest = sha256(%(n)s);
""",
    3: "UPDATE version_key_fill SET done_to = 0",
    4: "INSERT INTO message (queue, body) VALUES ('reconcile', '{}')",
    5: """
UPDATE image SET error = 'store_unavailable';
INSERT INTO archive_audit (execution_id, wanted) VALUES (encode(%(n)s, 'hex'), 1);
""",
    6: "",
    7: "",
    8: "",
    9: "UPDATE archived_image SET size = 5, uncompressed_size = 6",
}
_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'schema_migration' ORDER BY 1, ordinal_position
"""
_RIGHTS = """
SELECT grantee, table_name, column_name, privilege_type FROM information_schema.column_privileges
WHERE grantee LIKE 'cargohold%' AND table_schema = 'public'
"""


@contextmanager
def at_version(postgres: PostgresServer, directory: Path, version: int) -> Iterator[Database]:
    """Yield a database that was migrated up to `version`."""
    for migration in migrations()[:version]:
        shutil.copy(Path(released.__path__[0], migration.name), directory)
    with postgres.new_database(migrated=False) as url:
        database = Database(DatabaseSettings(database_url=url))
        assert migrate(database, directory) == VERSIONS[:version]
        yield database
        database.close()


def write(cursor: Cursor, version: int, name: bytes) -> None:
    for number in range(1, version + 1):
        if statements := _ROWS[number]:
            cursor.execute(statements, {"n": name})


def columns(cursor: Cursor) -> dict[str, dict[str, str]]:
    cursor.execute(_COLUMNS)
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in cursor.fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def contents(cursor: Cursor, tables: dict[str, dict[str, str]]) -> dict[str, list[Any]]:
    found = {}
    for table, names in tables.items():
        cursor.execute(
            f"SELECT {', '.join(f'{name}::text' for name in map(_quoted, names))} FROM {table} ORDER BY 1, 2"
        )
        found[table] = sorted(cursor.fetchall())
    return found


def _quoted(name: str) -> str:
    return f'"{name}"'


def test_every_release_has_rows() -> None:
    assert list(_ROWS) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_of_every_release_survive_and_are_found(postgres: PostgresServer, tmp_path: Path, version: int) -> None:
    with at_version(postgres, tmp_path, version) as database:
        with database.transaction() as cursor:
            write(cursor, version, b"old")
            tables = columns(cursor)
            before = contents(cursor, tables)
        assert all(before[table] for table in tables if table not in {"archive_audit", "version_key_fill"})
        assert migrate(database) == VERSIONS[version:]
        with database.transaction() as cursor:
            assert contents(cursor, tables) == before
        fill(database)
        with database.transaction() as cursor:
            (image,) = list_images(cursor).items
            detail = get_image(cursor, image.digest)
            found = search_packages(cursor, PackageFilter(name="openssl"), include_archived=True).items
            cursor.execute("SELECT version FROM package ORDER BY version_key")
            assert cursor.fetchall() == [("3.0.9-1",), ("3.0.10-1",)]
        assert (len(detail.layers), len(detail.indexes), len(image.references)) == (2, 1, 1)
        assert detail.archive == "archived"
        assert [package.version for package in found] == ["3.0.10-1", "3.0.9-1"]
        assert image.digest == to_text(sha256(b"old").digest())


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_a_release_goes_on_writing_while_the_next_one_is_deployed(
    postgres: PostgresServer, tmp_path: Path, version: int
) -> None:
    with at_version(postgres, tmp_path, version) as database:
        with database.transaction() as cursor:
            write(cursor, version, b"before")
            old = columns(cursor)
            cursor.execute(_RIGHTS)
            rights = set(cursor.fetchall())
        migrate(database)
        with database.transaction() as cursor:
            write(cursor, version, b"after")
            new = columns(cursor)
            cursor.execute(_RIGHTS)
            assert rights <= set(cursor.fetchall()), "a role lost a right"
        for table, names in old.items():
            assert names.items() <= new[table].items(), f"{table} lost a column, or it changed its type"
