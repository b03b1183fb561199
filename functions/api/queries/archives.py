"""The archive's bundles: what is in it, whether or not the image is in the primary store too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from api.queries.paging import DEFAULT_LIMIT, Page, checked_limit, make_page, read_cursor
from api.queries.views import ArchiveView
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes, to_text
from cargohold.errors import ArchiveUnknown

_FIELDS = """
    a.digest, a.status, EXISTS (SELECT FROM image i WHERE i.digest = a.digest), a.bundle_key,
    encode(a.bundle_sha256, 'hex'), a.bundle_size, a.analysis_id, a.catalog_version, a.os, a.architecture,
    a.distro_id, a.distro_version, a.size, a.uncompressed_size, a.package_count, a."references",
    a.revision, a.rule_id, a.error, a.analyzed_at, a.archived_at, a.audited_at, a.damage
"""


def list_archives(
    cursor: Cursor,
    *,
    registry: str | None = None,
    repository: str | None = None,
    tag: str | None = None,
    status: str | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[ArchiveView]:
    """Return bundles, those made last first, by the references that they had. Raises `InvalidQuery`."""
    key = read_cursor(after, "archives", datetime, bytes)
    named = {"registry": registry, "repository": repository, "tag": tag}
    named = {name: value for name, value in named.items() if value is not None}
    cursor.execute(
        f"SELECT {_FIELDS} FROM archived_image a "  # noqa: S608 -- constants only
        "WHERE (%(status)s::text IS NULL OR a.status = %(status)s) "
        'AND (%(named)s::jsonb IS NULL OR a."references" @> %(named)s::jsonb) '
        "AND (%(k0)s::timestamptz IS NULL OR (a.archived_at, a.digest) < (%(k0)s, %(k1)s::bytea)) "
        "ORDER BY a.archived_at DESC, a.digest DESC LIMIT %(limit)s",
        {
            "status": status,
            "named": orjson.dumps([named]).decode() if named else None,
            "k0": key[0] if key else None,
            "k1": key[1] if key else None,
            "limit": checked_limit(limit) + 1,
        },
    )
    return make_page("archives", cursor.fetchall(), limit, lambda row: (row[20], row[0]), _view)


def get_archive(cursor: Cursor, digest: str) -> ArchiveView:
    """Return the bundle of an image. Raises `ArchiveUnknown` and `InvalidDigest`."""
    cursor.execute(f"SELECT {_FIELDS} FROM archived_image a WHERE a.digest = %s", (to_bytes(digest),))  # noqa: S608
    row = cursor.fetchone()
    if row is None:
        raise ArchiveUnknown(digest=digest)
    return _view(row)


def _view(row: Sequence[Any]) -> ArchiveView:
    return ArchiveView(*[to_text(row[0]), *row[1:15], tuple(row[15]), *row[16:]])
