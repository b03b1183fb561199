"""What the database says after persist, without ids, revisions and the times of writing."""

from typing import Any

from cargohold.database.connection import Database

_ROWS = {
    "image": "SELECT digest, status, request_id, analysis_id, analysis_sha256, catalog_version, analyzed_at, "
    "created_at, size, package_count, distro_id, distro_version FROM image ORDER BY digest",
    "layers": "SELECT i.digest, array_agg(l.diff_id ORDER BY n.ordinal) FROM image i "
    "JOIN layer_chain c ON c.id = i.layer_chain_id, unnest(c.layers) WITH ORDINALITY n (id, ordinal) "
    "JOIN layer l ON l.id = n.id GROUP BY i.digest ORDER BY i.digest",
    "packages": "SELECT i.digest, s.cataloger, s.scope, p.identity, p.type, p.name, p.version, p.purl, p.licenses "
    "FROM image i JOIN image_package_set s ON s.image_id = i.id JOIN package_set m ON m.id = s.set_id, "
    "unnest(m.members) member JOIN package p ON p.id = member ORDER BY 1, 2, 3, 4",
    "secret": "SELECT i.digest, s.rule, s.severity, s.source, s.path, s.layer, s.line, s.snippet, s.digest, s.visible, "
    "s.created_by FROM secret s JOIN image i ON i.id = s.image_id ORDER BY i.digest, s.ordinal",
    "index": "SELECT index_digest, image_digest FROM image_index ORDER BY 1, 2",
    "reference": "SELECT registry, repository, tag, digest, first_seen, pushed_at, removed_at FROM reference r "
    "WHERE tag <> '' OR NOT EXISTS (SELECT FROM reference t WHERE (t.registry, t.repository, t.digest) = "
    "(r.registry, r.repository, r.digest) AND t.tag <> '' AND t.removed_at IS NULL) ORDER BY 1, 2, 3, 4",
    "event": "SELECT registry, repository, tag, digest, event, at FROM reference_event ORDER BY 1, 2, 3, 4, 5, 6",
    "attempt": "SELECT analysis_id, registry, repository, tag, digest, status, error_code, error_message, final, "
    "started_at, deadline FROM attempt ORDER BY analysis_id",
}


def rows(database: Database, *names: str) -> dict[str, list[Any]]:
    """Return the rows of every table, or of `names`."""
    with database.transaction() as cursor:
        found = {}
        for name in names or _ROWS:
            cursor.execute(_ROWS[name])
            found[name] = cursor.fetchall()
    return found


def one(database: Database, statement: str, parameters: Any = None) -> Any:
    """Return the first row of a query, or its value when it has one column; None without a row."""
    with database.transaction() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return row[0] if row and len(row) == 1 else row


def execute(database: Database, statement: str, parameters: Any = None) -> int:
    """Run a statement, commit it, and return how many rows it concerned."""
    with database.transaction() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def empty(database: Database) -> None:
    """Remove everything that persist wrote."""
    # Not TRUNCATE: it makes files anew, which costs more than a few rows.
    tables = (
        "secret", "image_package_set", "package_set_seen", "package_set", "package", "image", "layer_chain", "layer",
        "image_index", "reference", "reference_event", "attempt", "archived_image", "tombstone",
    )  # fmt: skip
    with database.transaction() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
