"""Images: the list, newest analysis first, and one with all that is known of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.queries import fleet
from api.queries.packages import VISIBLE, PackageFilter, package_counts
from api.queries.paging import DEFAULT_LIMIT, Page, checked_limit, make_page, read_cursor
from api.queries.references import LIVE
from api.queries.rows import ACTIVE, image_views
from api.queries.views import ImageDetail, ImageView, LayerView
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes, to_text
from cargohold.errors import ImageUnknown
from cargohold.model import Scope

# What only the documents know stays with them.
_ARCHIVED = """
    i.digest, i.status, i.analysis_id, '', i.catalog_version, '', i.os, i.architecture, '', i.distro_id,
    i.distro_version, i.size, i.uncompressed_size, 0, i.package_count, i.revision, NULL::timestamptz, i.analyzed_at,
    NULL::timestamptz, i.error
"""

_FEW_CHAINS = 5_000  # whose images are sorted rather than walked
_ORDER = "ORDER BY analyzed_at DESC, digest DESC LIMIT %(limit)s"


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """Which images: exact values, None for any. `packages` asks for images that have one of them.

    `layer` is a diff id; analyses are from `analyzed_after` on and before `analyzed_before`.
    """

    registry: str | None = None
    repository: str | None = None
    tag: str | None = None
    status: str | None = None
    os: str | None = None
    architecture: str | None = None
    distro_id: str | None = None
    distro_version: str | None = None
    layer: str | None = None
    analyzed_after: datetime | None = None
    analyzed_before: datetime | None = None
    packages: PackageFilter | None = None
    scopes: tuple[Scope, ...] = field(default=VISIBLE)


def list_images(
    cursor: Cursor,
    wanted: ImageFilter | None = None,
    *,
    include_archived: bool = False,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[ImageView]:
    """Return images, those analyzed last first. Raises `InvalidQuery`.

    Archived images are left out unless `include_archived`. Filters by packages and by layer cannot see into
    them and leave them out in any case.
    """
    wanted = wanted or ImageFilter()
    key = read_cursor(after, "images", datetime, bytes)
    conditions, parameters = _conditions(wanted)
    parameters["limit"] = checked_limit(limit) + 1
    if key is not None:
        conditions.append("i.analyzed_at <= %(k0)s AND (i.analyzed_at, i.digest) < (%(k0)s, %(k1)s)")
        parameters |= {"k0": key[0], "k1": key[1]}
    for condition, more in _inside(cursor, wanted):
        conditions.append(condition)
        parameters |= more
        include_archived = False
    where = " AND ".join(conditions)
    if include_archived:
        statement = (
            f"(SELECT {ACTIVE} FROM image i WHERE {where} {_ORDER}) UNION ALL "  # noqa: S608 -- constants only
            f"(SELECT {_ARCHIVED} FROM archived_image i WHERE {where} "
            f"AND NOT EXISTS (SELECT FROM image a WHERE a.digest = i.digest) {_ORDER}) {_ORDER}"
        )
    else:
        statement = f"SELECT {ACTIVE} FROM image i WHERE {where} {_ORDER}"  # noqa: S608 -- constants only
    cursor.execute(statement, parameters)
    page = make_page("images", cursor.fetchall(), limit, lambda row: (row[17], row[0]), lambda row: row)
    return Page(image_views(cursor, page.items), page.next)


def get_image(cursor: Cursor, digest: str) -> ImageDetail:
    """Return an image with its layers, package counts, references (removed ones too) and attempt.

    Raises `ImageUnknown` (an archived image is found under the archives) and `InvalidDigest`.
    """
    raw = to_bytes(digest)
    cursor.execute(f"SELECT {ACTIVE}, i.id FROM image i WHERE i.digest = %s", (raw,))  # noqa: S608
    row = cursor.fetchone()
    if row is None:
        raise ImageUnknown(digest=digest)
    (image,) = image_views(cursor, [row], include_removed=True)
    cursor.execute(
        "SELECT l.diff_id, l.blob_digest FROM image i JOIN layer_chain c ON c.id = i.layer_chain_id "
        "CROSS JOIN LATERAL unnest(c.layers) WITH ORDINALITY n (id, ordinal) JOIN layer l ON l.id = n.id "
        "WHERE i.id = %s ORDER BY n.ordinal",
        (row[20],),
    )
    layers = tuple(LayerView(to_text(diff_id), to_text(blob) if blob else "") for diff_id, blob in cursor.fetchall())
    cursor.execute("SELECT index_digest FROM image_index WHERE image_digest = %s ORDER BY 1", (raw,))
    indexes = tuple(to_text(parent) for (parent,) in cursor.fetchall())
    cursor.execute("SELECT status FROM archived_image WHERE digest = %s", (raw,))
    archive = cursor.fetchone()
    return ImageDetail(image, layers, package_counts(cursor, row[20]), indexes, archive[0] if archive else "")


def _inside(cursor: Cursor, wanted: ImageFilter) -> Iterator[tuple[str, dict[str, Any]]]:
    if wanted.packages is not None:
        yield fleet.has_packages(cursor, wanted.packages, wanted.scopes)
    if wanted.layer is not None:
        yield _has_layer(cursor, to_bytes(wanted.layer))


def _has_layer(cursor: Cursor, diff_id: bytes) -> tuple[str, dict[str, Any]]:
    """Return a condition on `image i` that it has a layer, and its parameters."""
    cursor.execute("SELECT id FROM layer WHERE diff_id = %s", (diff_id,))
    parameters = {"layers": [row[0] for row in cursor.fetchall()]}
    sharing = "SELECT id FROM layer_chain WHERE layers && %(layers)s::integer[]"
    cursor.execute(f"SELECT count(*) FROM ({sharing} LIMIT %(few)s) c", parameters | {"few": _FEW_CHAINS})  # noqa: S608
    if cursor.fetchone()[0] < _FEW_CHAINS:
        return f"i.layer_chain_id = ANY(ARRAY({sharing}))", parameters
    return "EXISTS (SELECT FROM layer_chain c WHERE c.id = i.layer_chain_id AND c.layers && %(layers)s::integer[])", (
        parameters
    )


def _conditions(wanted: ImageFilter) -> tuple[list[str], dict[str, Any]]:
    conditions, parameters = ["true"], {}
    for column in ("status", "os", "architecture", "distro_id", "distro_version"):
        value = getattr(wanted, column)
        if value is not None:
            conditions.append(f"i.{column} = %({column})s")
            parameters[column] = value
    for name, operator in (("analyzed_after", ">="), ("analyzed_before", "<")):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(f"i.analyzed_at {operator} %({name})s")
            parameters[name] = value
    named = []
    for column in ("registry", "repository", "tag"):
        value = getattr(wanted, column)
        if value is not None:
            named.append(f"r.{column} = %({column})s")
            parameters[column] = value
    if named:
        # The former for who asks for a tag: what it points to now. The latter lets both partial indexes be used.
        named.append(LIVE if wanted.tag is not None else "(r.tag <> '' OR r.tag = '')")
        match = " AND ".join(named)
        conditions.append(
            f"i.digest IN (SELECT r.digest FROM reference r WHERE {match} UNION ALL "  # noqa: S608 -- constants only
            f"SELECT x.image_digest FROM reference r JOIN image_index x ON x.index_digest = r.digest WHERE {match})"
        )
    return conditions, parameters
