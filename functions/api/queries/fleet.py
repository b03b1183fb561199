"""Which images have a package: the question that the sets are made for.

Few sets with the package: the newest images of each set, merged. Many: a walk from the newest image,
which finds a page soon, since much of the fleet has it; where it does not (the package is no longer
shipped) the sets are asked after all. A package id and an image id are as old as what they name, so
pages go by image id, newest first.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from api.queries.packages import FIELDS, VISIBLE, PackageFilter, package_view
from api.queries.paging import DEFAULT_LIMIT, Page, checked_limit, make_page, read_cursor
from api.queries.rows import ACTIVE, image_views
from api.queries.views import ImageMatch, PackageView
from cargohold.database.connection import Cursor
from cargohold.errors import InvalidQuery
from cargohold.model import Scope

MAX_PACKAGES = 2_000  # that one question may mean
MANY_SETS = 1_000  # from here on the walk is tried first
_WALK = 2_000  # images that it looks at
_PEEK = 250
_PART = 15  # of those: as many in what is left of the walk make a page
_FEW_LINKS = 20_000  # images of a list that are sorted rather than walked

# A set whose newest image is not among the newest `limit` of all sets has none to give to the page.
_BY_SET = """
WITH matching AS MATERIALIZED (
    SELECT id FROM package_set WHERE members && %(packages)s AND scope = ANY(%(scopes)s)
), newest AS (
    SELECT m.id, l.image_id FROM matching m CROSS JOIN LATERAL (
        SELECT image_id FROM image_package_set WHERE set_id = m.id AND image_id < %(before)s
        ORDER BY image_id DESC LIMIT 1) l
), chosen AS (
    SELECT id FROM (SELECT id, dense_rank() OVER (ORDER BY image_id DESC) AS place FROM newest) ranked
    WHERE place <= %(limit)s
)
SELECT DISTINCT l.image_id FROM chosen c CROSS JOIN LATERAL (
    SELECT image_id FROM image_package_set WHERE set_id = c.id AND image_id < %(before)s
    ORDER BY image_id DESC LIMIT %(limit)s) l
ORDER BY l.image_id DESC LIMIT %(limit)s
"""

# Many images share a set: each is looked into once.
_BY_IMAGE = """
WITH newest AS MATERIALIZED (
    SELECT id FROM image WHERE id < %(before)s ORDER BY id DESC LIMIT %(walk)s
), links AS MATERIALIZED (
    SELECT image_id, set_id FROM image_package_set
    WHERE image_id < %(before)s AND image_id >= (SELECT min(id) FROM newest) AND scope = ANY(%(scopes)s)
), matching AS MATERIALIZED (
    SELECT s.id FROM (SELECT DISTINCT set_id FROM links) l JOIN package_set s ON s.id = l.set_id
    WHERE s.members && %(packages)s
)
SELECT DISTINCT l.image_id FROM links l JOIN matching m ON m.id = l.set_id
ORDER BY l.image_id DESC LIMIT %(limit)s
"""

# The first image that a walk does not look at.
_BEYOND = "SELECT id FROM image WHERE id < %(before)s ORDER BY id DESC OFFSET %(walk)s LIMIT 1"


def images_with_packages(
    cursor: Cursor,
    wanted: PackageFilter,
    *,
    scopes: Sequence[Scope] = VISIBLE,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[ImageMatch]:
    """Return the images that have one of the packages, and which, the newest image first.

    Raises `InvalidQuery`, also when the question means more than 2,000 packages: ask for the packages
    first (`search_packages`), then for the images of those that matter.
    """
    key = read_cursor(after, "fleet", int)
    packages = matching_packages(cursor, wanted)
    parameters = {
        "packages": packages,
        "scopes": list(scopes),
        "before": key[0] if key else 2**31 - 1,
        "limit": checked_limit(limit) + 1,
    }
    ids = _image_ids(cursor, parameters) if packages else []
    page = make_page("fleet", ids, limit, lambda identifier: (identifier,), lambda identifier: identifier)
    if not page.items:
        return Page((), None)
    cursor.execute(f"SELECT {ACTIVE}, i.id FROM image i WHERE i.id = ANY(%s)", (list(page.items),))  # noqa: S608
    rows = {row[20]: row for row in cursor.fetchall()}
    shown = [identifier for identifier in page.items if identifier in rows]
    views = image_views(cursor, [rows[identifier] for identifier in shown])
    found = _packages_of(cursor, shown, parameters)
    return Page(
        tuple(ImageMatch(view, found.get(identifier, ())) for identifier, view in zip(shown, views, strict=True)),
        page.next,
    )


def matching_packages(cursor: Cursor, wanted: PackageFilter) -> list[int]:
    """Return the ids of the packages that a question means. Raises `InvalidQuery`."""
    if not wanted.narrows():
        raise InvalidQuery(reason="ask for a package by name, purl, source, or a part of its name")
    conditions, parameters = wanted.conditions()
    cursor.execute(
        f"SELECT p.id FROM package p WHERE {' AND '.join(conditions)} LIMIT %(limit)s",  # noqa: S608
        parameters | {"limit": MAX_PACKAGES + 1},
    )
    ids = [row[0] for row in cursor.fetchall()]
    if len(ids) > MAX_PACKAGES:
        raise InvalidQuery(reason=f"it means more than {MAX_PACKAGES} packages; search the packages first")
    return ids


def has_packages(cursor: Cursor, wanted: PackageFilter, scopes: Sequence[Scope]) -> tuple[str, dict[str, Any]]:
    """Return a condition on `image i` that it has one of the packages, and its parameters."""
    parameters = {"f_packages": matching_packages(cursor, wanted), "f_scopes": list(scopes)}
    matching = "SELECT id FROM package_set WHERE members && %(f_packages)s::integer[] AND scope = ANY(%(f_scopes)s)"
    cursor.execute(
        f"SELECT count(*) FROM (SELECT FROM image_package_set WHERE set_id IN ({matching}) LIMIT %(few)s) l",  # noqa: S608
        parameters | {"few": _FEW_LINKS},
    )
    if cursor.fetchone()[0] < _FEW_LINKS:
        return f"i.id IN (SELECT image_id FROM image_package_set WHERE set_id IN ({matching}))", parameters  # noqa: S608
    return (
        "EXISTS (SELECT FROM image_package_set l JOIN package_set s ON s.id = l.set_id WHERE l.image_id = i.id "
        "AND l.scope = ANY(%(f_scopes)s) AND s.members && %(f_packages)s::integer[])"
    ), parameters


def _image_ids(cursor: Cursor, parameters: dict[str, Any]) -> list[int]:
    # A short walk costs next to nothing, and for what most images have it is the whole answer.
    found = _walk(cursor, parameters, _PEEK)
    missing = parameters["limit"] - len(found)
    if missing > 0 and (further := _further(cursor, parameters, len(found), missing)):
        cursor.execute(_BEYOND, parameters | {"walk": _PEEK})
        beyond = cursor.fetchone()
        if beyond is not None:
            found += _walk(cursor, parameters | {"before": beyond[0] + 1, "limit": missing}, further)
    if len(found) < parameters["limit"]:
        cursor.execute(_BY_SET, parameters)
        found = [row[0] for row in cursor.fetchall()]
    return found


def _further(cursor: Cursor, parameters: dict[str, Any], found: int, missing: int) -> int:
    """Return how many images more are worth a look, by how many were `found` among the first: 0 when none are."""
    if found >= _PART:
        return min(_WALK, 2 * _PEEK * missing // found)
    return _WALK if _has_many_sets(cursor, parameters) else 0


def _walk(cursor: Cursor, parameters: dict[str, Any], images: int) -> list[int]:
    cursor.execute(_BY_IMAGE, parameters | {"walk": images})
    return [row[0] for row in cursor.fetchall()]


def _has_many_sets(cursor: Cursor, parameters: dict[str, Any]) -> bool:
    cursor.execute(
        "SELECT count(*) FROM (SELECT FROM package_set WHERE members && %(packages)s AND scope = ANY(%(scopes)s) "
        "LIMIT %(many)s) s",
        parameters | {"many": MANY_SETS},
    )
    return bool(cursor.fetchone()[0] >= MANY_SETS)


def _packages_of(
    cursor: Cursor, images: Sequence[int], parameters: dict[str, Any]
) -> dict[int, tuple[PackageView, ...]]:
    cursor.execute(
        "SELECT l.image_id, l.set_id FROM image_package_set l WHERE l.image_id = ANY(%(images)s) "
        "AND l.scope = ANY(%(scopes)s)",
        parameters | {"images": list(images)},
    )
    sets_of: dict[int, list[int]] = defaultdict(list)
    for image, found in cursor.fetchall():
        sets_of[image].append(found)
    cursor.execute(
        f"SELECT s.id, {FIELDS} FROM package_set s JOIN unnest(%(packages)s) wanted "  # noqa: S608 -- constants only
        "ON wanted = ANY(s.members) JOIN package p ON p.id = wanted WHERE s.id = ANY(%(sets)s) "
        "AND s.members && %(packages)s ORDER BY p.name, p.version, p.id",
        parameters | {"sets": sorted({found for sets in sets_of.values() for found in sets})},
    )
    members: dict[int, list[PackageView]] = defaultdict(list)
    for found, *row in cursor.fetchall():
        members[found].append(package_view(row))
    return {
        image: tuple(dict.fromkeys(view for found in sets for view in members[found]))
        for image, sets in sets_of.items()
    }
