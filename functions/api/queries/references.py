"""References and attempts: what names what, and what could not be analyzed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.queries.paging import DEFAULT_LIMIT, Page, checked_limit, make_page, read_cursor
from api.queries.views import AttemptView, ReferenceView
from cargohold.database.batch import Batch, Statement
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes, to_text

# A row without a tag counts while no tag of its repository points to the digest.
_UNTAGGED = """
    NOT EXISTS (
        SELECT FROM reference t WHERE t.digest = r.digest AND t.registry = r.registry
          AND t.repository = r.repository AND t.tag <> '' AND t.removed_at IS NULL)
"""
LIVE = f"r.removed_at IS NULL AND (r.tag <> '' OR {_UNTAGGED})"

# A killed attempt reports nothing: past its deadline it has given up, and nobody needs to say so.
ATTEMPT = """
    a.analysis_id, a.registry, a.repository, a.tag, a.digest,
    CASE WHEN a.status = 'analyzing' AND a.deadline < now() THEN 'analysis_failed' ELSE a.status END,
    CASE WHEN a.status = 'analyzing' AND a.deadline < now() THEN 'gave_up' ELSE a.error_code END,
    a.error_message, a.final OR (a.status = 'analyzing' AND a.deadline < now()), a.started_at, a.finished_at
"""

# The digests that an image goes by: its own and those of the indexes that hold it.
_NAMED = """
WITH named AS (
    SELECT d AS image, d AS digest FROM unnest(%(images)s::bytea[]) d
    UNION
    SELECT image_digest, index_digest FROM image_index WHERE image_digest = ANY(%(images)s)
)
"""

_FIELDS = "r.registry, r.repository, r.tag, r.digest, r.first_seen, r.pushed_at, r.removed_at"


def _of_images(condition: str) -> Statement:
    return Statement(
        f"{_NAMED} SELECT n.image, {_FIELDS} FROM named n JOIN reference r USING (digest) WHERE {condition} "  # noqa: S608
        "ORDER BY r.pushed_at DESC, r.registry, r.repository, r.tag, r.digest",
        "images bytea[]",
    )


_ALL_OF_IMAGES, _LIVE_OF_IMAGES = _of_images("true"), _of_images(LIVE)

_ATTEMPTS_AFTER = Statement(
    f"SELECT DISTINCT ON (a.digest) {ATTEMPT} "  # noqa: S608 -- constants only
    "FROM unnest(%(digests)s, %(analyses)s) n (digest, analysis_id) JOIN attempt a ON a.digest = n.digest "
    "AND a.analysis_id > n.analysis_id AND a.status <> 'analyzed' ORDER BY a.digest, a.analysis_id DESC",
    "digests bytea[], analyses uuid[]",
)


@dataclass(frozen=True, slots=True)
class ReferenceFilter:
    """Which references: exact values, None for any."""

    registry: str | None = None
    repository: str | None = None
    tag: str | None = None
    digest: str | None = None
    include_removed: bool = False


def list_references(
    cursor: Cursor, wanted: ReferenceFilter | None = None, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[ReferenceView]:
    """Return references by name. Raises `InvalidQuery` and `InvalidDigest`."""
    wanted = wanted or ReferenceFilter()
    key = read_cursor(after, "references", str, str, str, bytes)
    conditions = ["true"] if wanted.include_removed else ["r.removed_at IS NULL"]
    untagged = "true" if wanted.include_removed else _UNTAGGED
    parameters: dict[str, Any] = {"limit": checked_limit(limit) + 1}
    for column in ("registry", "repository", "tag"):
        value = getattr(wanted, column)
        if value is not None:
            conditions.append(f"r.{column} = %({column})s")
            parameters[column] = value
    if wanted.digest is not None:
        conditions.append("r.digest = %(digest)s")
        parameters["digest"] = to_bytes(wanted.digest)
    if key is not None:
        conditions.append("(r.repository, r.registry, r.tag, r.digest) > (%(k0)s, %(k1)s, %(k2)s, %(k3)s)")
        parameters |= {f"k{number}": value for number, value in enumerate(key)}
    # Rows without a tag are many and seldom shown: none is looked at that comes after the page.
    cursor.execute(
        f"SELECT r.repository, r.registry FROM reference r WHERE r.tag <> '' AND {' AND '.join(conditions)} "  # noqa: S608
        "ORDER BY r.repository, r.registry, r.tag OFFSET %(limit)s - 1 LIMIT 1",
        parameters,
    )
    last = cursor.fetchone()
    if last is not None:
        conditions.append("(r.repository, r.registry) <= (%(last0)s, %(last1)s)")
        parameters |= {"last0": last[0], "last1": last[1]}
    where = " AND ".join(conditions)
    # One arm an index: each of the two is ordered and holds one kind of row.
    cursor.execute(
        f"(SELECT {_FIELDS} FROM reference r WHERE r.tag <> '' AND {where} "  # noqa: S608 -- constants only
        "ORDER BY r.repository, r.registry, r.tag LIMIT %(limit)s) UNION ALL "
        f"(SELECT {_FIELDS} FROM reference r WHERE r.tag = '' AND {untagged} AND {where} "
        "ORDER BY r.repository, r.registry, r.digest LIMIT %(limit)s) "
        "ORDER BY repository, registry, tag, digest LIMIT %(limit)s",
        parameters,
    )
    return make_page(
        "references", cursor.fetchall(), limit, lambda row: (row[1], row[0], row[2], row[3]), reference_view
    )


def references_of(
    cursor: Cursor, images: Sequence[bytes], *, include_removed: bool = False
) -> dict[bytes, tuple[ReferenceView, ...]]:
    """Return the references of images, own ones and those of the indexes that hold them, newest first."""
    rows = Batch(cursor).fetch(_ALL_OF_IMAGES if include_removed else _LIVE_OF_IMAGES, {"images": list(images)})
    found: dict[bytes, list[ReferenceView]] = defaultdict(list)
    for image, *row in rows:
        found[image].append(reference_view(row))
    return {image: tuple(views) for image, views in found.items()}


def attempts_after(cursor: Cursor, analyses: Sequence[tuple[bytes, Any]]) -> dict[bytes, AttemptView]:
    """Return, by image, the newest attempt that is later than its analysis and has not succeeded."""
    rows = Batch(cursor).fetch(
        _ATTEMPTS_AFTER,
        {"digests": [digest for digest, _ in analyses], "analyses": [identifier for _, identifier in analyses]},
    )
    return {row[4]: attempt_view(row) for row in rows}


def list_attempts(
    cursor: Cursor,
    *,
    failed: bool = True,
    registry: str | None = None,
    repository: str | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[AttemptView]:
    """Return the last attempt of each reference, newest first; with `failed` those that did not succeed.

    Those still at work are not failed. Raises `InvalidQuery`.
    """
    key = read_cursor(after, "attempts", datetime, UUID)
    cursor.execute(
        f"SELECT {ATTEMPT} FROM attempt a WHERE NOT EXISTS ("  # noqa: S608 -- constants only
        "SELECT FROM attempt later WHERE later.registry = a.registry AND later.repository = a.repository "
        "AND later.tag = a.tag AND (later.digest = a.digest OR later.digest IS NULL OR a.digest IS NULL) "
        "AND later.analysis_id > a.analysis_id) "
        "AND (NOT %(failed)s OR a.status = 'analysis_failed' OR (a.status = 'analyzing' AND a.deadline < now())) "
        "AND (%(registry)s::text IS NULL OR a.registry = %(registry)s) "
        "AND (%(repository)s::text IS NULL OR a.repository = %(repository)s) "
        "AND (%(k0)s::timestamptz IS NULL OR (a.started_at, a.analysis_id) < (%(k0)s, %(k1)s::uuid)) "
        "ORDER BY a.started_at DESC, a.analysis_id DESC LIMIT %(limit)s",
        {
            "failed": failed,
            "registry": registry,
            "repository": repository,
            "k0": key[0] if key else None,
            "k1": key[1] if key else None,
            "limit": checked_limit(limit) + 1,
        },
    )
    return make_page("attempts", cursor.fetchall(), limit, lambda row: (row[9], str(row[0])), attempt_view)


def reference_view(row: Sequence[Any]) -> ReferenceView:
    """Return the view of a row of a reference."""
    return ReferenceView(row[0], row[1], row[2], to_text(row[3]), row[4], row[5], row[6])


def attempt_view(row: Sequence[Any]) -> AttemptView:
    """Return the view of a row of `ATTEMPT`."""
    return AttemptView(*[*row[:4], to_text(row[4]) if row[4] else "", *row[5:]])
