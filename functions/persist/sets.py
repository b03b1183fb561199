"""Writes package sets and links them to an image. Sets that are known cost one look-up."""

from datetime import datetime

from cargohold.database.connection import Cursor
from cargohold.database.copy import insert_missing
from persist.packages import PackageRow, Packages, analysis_hour

_SEEN = """
UPDATE package_set_seen seen
SET first_seen = least(seen.first_seen, %(hour)s), last_seen = greatest(seen.last_seen, %(hour)s)
FROM (
    SELECT set_id FROM package_set_seen
    WHERE set_id = ANY(%(sets)s) AND (last_seen < %(hour)s OR first_seen > %(hour)s)
    ORDER BY set_id FOR UPDATE
) stale
WHERE seen.set_id = stale.set_id
"""

_LINK = """
INSERT INTO image_package_set (image_id, cataloger, scope, set_id)
SELECT %(image)s, cataloger, scope, set_id
FROM unnest(%(catalogers)s::text[], %(scopes)s::text[], %(sets)s::integer[]) n (cataloger, scope, set_id)
ORDER BY cataloger, scope
ON CONFLICT (image_id, cataloger, scope) DO UPDATE SET set_id = EXCLUDED.set_id
WHERE image_package_set.set_id <> EXCLUDED.set_id
"""

_UNLINK = """
DELETE FROM image_package_set old
WHERE old.image_id = %(image)s AND NOT EXISTS (
    SELECT FROM unnest(%(catalogers)s::text[], %(scopes)s::text[]) n (cataloger, scope)
    WHERE n.cataloger = old.cataloger AND n.scope = old.scope)
"""


def write(cursor: Cursor, image_id: int, packages: Packages, at: datetime) -> None:
    """Make `packages` the packages of an image, as they were seen `at`.

    A set that is collected at this very moment raises a foreign key violation: the transaction is
    worth a retry.
    """
    known = _known(cursor, packages)
    missing = [found for found in packages.sets if found.sha256 not in known]
    if missing:
        wanted = {member for found in missing for member in found.members}
        rows = [packages.rows[identity] + (at,) for identity in sorted(wanted)]
        ids = insert_missing(cursor, "package", (*PackageRow._fields, "first_seen"), rows, key=("identity",))
        known |= insert_missing(
            cursor,
            "package_set",
            ("sha256", "scope", "members"),
            [(found.sha256, found.scope, sorted(ids[member] for member in found.members)) for found in missing],
            key=("sha256",),
        )
    parameters = {
        "image": image_id,
        "catalogers": [found.cataloger for found in packages.sets],
        "scopes": [found.scope for found in packages.sets],
        "sets": [known[found.sha256] for found in packages.sets],
        "hour": analysis_hour(at),
    }
    # Before the links: the collector too takes a set's times first and the set afterwards.
    if missing:
        cursor.execute(
            "INSERT INTO package_set_seen (set_id, first_seen, last_seen) "
            "SELECT DISTINCT set_id, %(hour)s::timestamptz, %(hour)s::timestamptz FROM unnest(%(sets)s) n (set_id) "
            "ORDER BY set_id ON CONFLICT DO NOTHING",
            parameters,
        )
    cursor.execute(_SEEN, parameters)
    cursor.execute(_UNLINK, parameters)
    cursor.execute(_LINK, parameters)


def _known(cursor: Cursor, packages: Packages) -> dict[bytes, int]:
    cursor.execute(
        "SELECT sha256, id FROM package_set WHERE sha256 = ANY(%s)", ([found.sha256 for found in packages.sets],)
    )
    return dict(cursor.fetchall())
