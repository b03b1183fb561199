"""Writes package sets and links them to an image. Sets that are known cost one look-up."""

from collections.abc import Sequence
from datetime import datetime

from cargohold.contracts import AnalysisReady
from cargohold.database.batch import Batch, Statement
from cargohold.database.copy import insert_missing
from cargohold.digests import to_bytes
from cargohold.identifiers import made_at
from persist.lookup import Known
from persist.packages import COLUMNS, Packages, PackageSet, analysis_hour

_SEEN_FIRST = Statement(
    """
INSERT INTO package_set_seen (set_id, first_seen, last_seen)
SELECT DISTINCT set_id, %(hour)s, %(hour)s FROM unnest(%(sets)s) n (set_id)
ORDER BY set_id ON CONFLICT DO NOTHING
""",
    "hour timestamptz, sets integer[]",
)

_SEEN = Statement(
    """
UPDATE package_set_seen seen
SET first_seen = least(seen.first_seen, %(hour)s), last_seen = greatest(seen.last_seen, %(hour)s)
FROM (
    SELECT set_id FROM package_set_seen
    WHERE set_id = ANY(%(sets)s) AND (last_seen < %(hour)s OR first_seen > %(hour)s)
    ORDER BY set_id FOR UPDATE
) stale
WHERE seen.set_id = stale.set_id
""",
    "hour timestamptz, sets integer[]",
)

_UNLINK = Statement(
    """
DELETE FROM image_package_set old
WHERE old.image_id = %(image)s AND NOT EXISTS (
    SELECT FROM unnest(%(catalogers)s, %(scopes)s) n (cataloger, scope)
    WHERE n.cataloger = old.cataloger AND n.scope = old.scope)
""",
    "image integer, catalogers text[], scopes text[]",
)

_LINK = Statement(
    """
INSERT INTO image_package_set (image_id, cataloger, scope, set_id)
SELECT i.id, n.cataloger, n.scope, n.set_id
FROM image i, unnest(%(catalogers)s, %(scopes)s, %(sets)s) n (cataloger, scope, set_id)
WHERE i.digest = %(digest)s
ORDER BY n.cataloger, n.scope
ON CONFLICT (image_id, cataloger, scope) DO UPDATE SET set_id = EXCLUDED.set_id
WHERE image_package_set.set_id <> EXCLUDED.set_id
""",
    "digest bytea, catalogers text[], scopes text[], sets integer[]",
)


def write(batch: Batch, message: AnalysisReady, packages: Packages, known: Known) -> None:
    """Make `packages` the packages of the message's image, as they were seen when it was analyzed.

    A set that is collected at this very moment raises a foreign key violation: the transaction is
    worth a retry.
    """
    at = made_at(message.analysis_id)
    missing = [found for found in packages.sets if found.sha256 not in known.sets]
    ids = known.sets | _make(batch, packages, missing, at) if missing else known.sets
    parameters = {
        "digest": to_bytes(message.image),
        "image": known.image_id,
        "catalogers": [found.cataloger for found in packages.sets],
        "scopes": [found.scope for found in packages.sets],
        "sets": [ids[found.sha256] for found in packages.sets],
        "hour": analysis_hour(at),
    }
    # Before the links: the collector too takes a set's times first and the set afterwards.
    if missing:
        batch.add(_SEEN_FIRST, parameters)
    if missing or known.other_times:
        batch.add(_SEEN, parameters)
    if known.image_id is not None:
        batch.add(_UNLINK, parameters)
    batch.add(_LINK, parameters)


def _make(batch: Batch, packages: Packages, missing: Sequence[PackageSet], at: datetime) -> dict[bytes, int]:
    batch.run()
    wanted = {member for found in missing for member in found.members}
    rows = [packages.rows[identity].stored(at) for identity in sorted(wanted)]
    ids = insert_missing(batch.cursor, "package", COLUMNS, rows, key=("identity",))
    columns = ("sha256", "scope", "members")
    values = [(found.sha256, found.scope, sorted(ids[member] for member in found.members)) for found in missing]
    made: dict[bytes, int] = {}
    # Another writer's set, that was there when this one would have made it, may be collected before its id is read.
    while any(found.sha256 not in made for found in missing):
        made = insert_missing(batch.cursor, "package_set", columns, values, key=("sha256",))
    return made
