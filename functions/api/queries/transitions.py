"""What moves into and out of the archive at this moment, what failed, and what audits found."""

from dataclasses import dataclass
from datetime import datetime

from api.queries.paging import checked_limit
from cargohold.database.connection import Cursor
from cargohold.digests import to_text

# A restore that waits for a cold class is as much under way as one that died.
_UNDER_WAY = """
SELECT digest, status, status_changed_at, error, 0, 0 FROM image WHERE status <> 'active'
UNION ALL
SELECT digest, CASE status WHEN 'deleting' THEN 'deleting from the archive' ELSE status END, status_changed_at, error,
    cardinality(primary_keys), cardinality(stale_bundles)
FROM archived_image WHERE status <> 'archived'
UNION ALL
SELECT digest, 'cleaning up', status_changed_at, error, cardinality(primary_keys), cardinality(stale_bundles)
FROM archived_image WHERE (primary_keys <> '{}' OR stale_bundles <> '{}') AND status = 'archived'
UNION ALL
SELECT digest, 'failed', status_changed_at, error, 0, 0 FROM image WHERE error <> '' AND status = 'active'
UNION ALL
SELECT digest, 'damaged', audited_at, damage, 0, 0 FROM archived_image WHERE damage <> ''
ORDER BY 3, 1 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A transition that has not come to its end, one that failed, or a bundle that an audit found damaged.

    `documents` and `bundles` count what a committed archiving has still to delete.
    """

    digest: str
    state: str  # archiving, deleting, restoring, deleting from the archive, cleaning up, failed, damaged
    since: datetime
    error: str
    documents: int
    bundles: int


@dataclass(frozen=True, slots=True)
class AuditView:
    """One audit: how the bundles were that it looked at. `cold` ones are there, and were not read."""

    execution_id: str
    wanted: int
    whole: int
    damaged: int
    missing: int
    cold: int
    bytes: int
    started_at: datetime
    finished_at: datetime | None


def under_way(cursor: Cursor, *, limit: int) -> list[UnderWay]:
    """Return what is under way or wrong, the longest first. Raises `InvalidQuery`."""
    cursor.execute(_UNDER_WAY, {"limit": checked_limit(limit)})
    return [UnderWay(to_text(row[0]), *row[1:]) for row in cursor.fetchall()]


def audits(cursor: Cursor, *, limit: int) -> list[AuditView]:
    """Return audits, the last one first. Raises `InvalidQuery`."""
    cursor.execute(
        "SELECT execution_id, wanted, whole, damaged, missing, cold, bytes, started_at, finished_at FROM archive_audit "
        "ORDER BY started_at DESC LIMIT %s",
        (checked_limit(limit),),
    )
    return [AuditView(*row) for row in cursor.fetchall()]
