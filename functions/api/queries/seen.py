"""When the fleet first had a package, and when last: also after its images were archived or deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.queries.fleet import MANY_SETS, matching_packages
from api.queries.packages import PackageFilter
from cargohold.database.connection import Cursor

_RECENT = 500  # sets that are looked at first: what much of the fleet has is among them

_BY_TIME = """
SELECT r.last_seen FROM (SELECT set_id, last_seen FROM package_set_seen ORDER BY last_seen DESC LIMIT %(recent)s) r
JOIN package_set s ON s.id = r.set_id WHERE s.members && %(packages)s ORDER BY r.last_seen DESC LIMIT 1
"""
_BY_SET = """
SELECT max(r.last_seen) FROM package_set_seen r
WHERE r.set_id = ANY(ARRAY(SELECT id FROM package_set WHERE members && %(packages)s))
"""
_MANY = "SELECT count(*) FROM (SELECT FROM package_set WHERE members && %(packages)s LIMIT %(many)s) s"
_STORED = "SELECT min(first_seen), max(last_seen), count(*)::integer FROM package WHERE id = ANY(%(packages)s)"


@dataclass(frozen=True, slots=True)
class Sighting:
    """When packages were seen: in the first analysis that found one, and, to the hour, in the last.

    `packages` is how many are meant; the times are None when there are none.
    """

    packages: int
    first_seen: datetime | None
    last_seen: datetime | None


def seen(cursor: Cursor, wanted: PackageFilter) -> Sighting:
    """Return when the fleet had one of the packages, in any scope. Raises `InvalidQuery`."""
    parameters: dict[str, Any] = {
        "packages": matching_packages(cursor, wanted),
        "recent": _RECENT,
        "many": MANY_SETS,
    }
    cursor.execute(_STORED, parameters)
    first, stored, count = cursor.fetchone()
    if not count:
        return Sighting(0, None, None)
    cursor.execute(_MANY, parameters)
    last = None
    if cursor.fetchone()[0] >= MANY_SETS:
        cursor.execute(_BY_TIME, parameters)
        last = next((row[0] for row in cursor.fetchall()), None)
    if last is None:
        cursor.execute(_BY_SET, parameters)
        last = cursor.fetchone()[0]
    return Sighting(count, first, max((at for at in (stored, last) if at is not None), default=None))
