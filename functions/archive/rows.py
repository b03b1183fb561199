"""The rows that transitions read, lock and move. Every function works inside the caller's transaction.

Locks are taken in one order, `image` before `archived_image`, so that two transitions never wait for
each other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from archive.history import History, KnownReference, ReferenceEvent
from cargohold import digests
from cargohold.contracts import Reference
from cargohold.database.connection import Cursor
from cargohold.lifecycle import ArchiveStatus, ImageStatus


@dataclass(frozen=True, slots=True)
class ImageRow:
    """What transitions need of `image`. `status_changed_at` tells one beginning of a transition from another."""

    status: ImageStatus
    revision: int
    request_id: UUID | None
    status_changed_at: datetime
    analysis_id: UUID
    analysis_sha256: bytes
    analyzed_at: datetime


@dataclass(frozen=True, slots=True)
class ArchivedRow:
    """What transitions need of `archived_image`."""

    status: ArchiveStatus
    revision: int
    request_id: UUID
    transition_id: UUID | None
    status_changed_at: datetime
    bundle_key: str
    bundle_sha256: bytes
    bundle_size: int
    analysis_id: UUID
    references: tuple[Reference, ...]
    primary_keys: tuple[str, ...]
    stale_bundles: tuple[str, ...]
    archived_at: datetime


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A row of `tombstone`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything stored of one digest that decides what a request does."""

    image: ImageRow | None
    archived: ArchivedRow | None
    tombstone: Tombstone | None


def read(cursor: Cursor, digest: str) -> Situation:
    """Lock and return the rows of `digest`."""
    key = (digests.to_bytes(digest),)
    cursor.execute(
        "SELECT status, revision, request_id, status_changed_at, analysis_id, analysis_sha256, analyzed_at"
        " FROM image WHERE digest = %s FOR UPDATE",
        key,
    )
    image = cursor.fetchone()
    cursor.execute(
        "SELECT status, revision, request_id, transition_id, status_changed_at, bundle_key, bundle_sha256,"
        ' bundle_size, analysis_id, "references", primary_keys, stale_bundles, archived_at'
        " FROM archived_image WHERE digest = %s FOR UPDATE",
        key,
    )
    archived = cursor.fetchone()
    cursor.execute("SELECT at, reason FROM tombstone WHERE digest = %s", key)
    tombstone = cursor.fetchone()
    return Situation(
        ImageRow(ImageStatus(image[0]), *image[1:]) if image else None,
        _archived(archived) if archived else None,
        Tombstone(*tombstone) if tombstone else None,
    )


def _archived(row: Any) -> ArchivedRow:
    return ArchivedRow(
        status=ArchiveStatus(row[0]),
        revision=row[1],
        request_id=row[2],
        transition_id=row[3],
        status_changed_at=row[4],
        bundle_key=row[5],
        bundle_sha256=row[6],
        bundle_size=row[7],
        analysis_id=row[8],
        references=tuple(Reference.model_validate(one) for one in row[9]),
        primary_keys=tuple(row[10]),
        stale_bundles=tuple(row[11]),
        archived_at=row[12],
    )


def move_image(
    cursor: Cursor, digest: str, status: ImageStatus, request_id: UUID | None, *, error: str = ""
) -> ImageRow:
    """Set the status of an image that the caller has locked, and return the new row."""
    cursor.execute(
        # The clock, not the transaction's start: a later beginning must show a later time.
        "UPDATE image SET status = %s, request_id = %s, error = %s, revision = revision + 1,"
        " status_changed_at = clock_timestamp() WHERE digest = %s RETURNING status, revision, request_id,"
        " status_changed_at, analysis_id, analysis_sha256, analyzed_at",
        (status.value, request_id, error, digests.to_bytes(digest)),
    )
    row = cursor.fetchone()
    return ImageRow(ImageStatus(row[0]), *row[1:])


def move_archived(
    cursor: Cursor, digest: str, status: ArchiveStatus, transition_id: UUID | None, *, error: str = ""
) -> None:
    """Set the status of an archived image that the caller has locked."""
    cursor.execute(
        "UPDATE archived_image SET status = %s, transition_id = %s, error = %s, revision = revision + 1,"
        " status_changed_at = clock_timestamp() WHERE digest = %s",
        (status.value, transition_id, error, digests.to_bytes(digest)),
    )


def note(cursor: Cursor, digest: str, request_id: UUID, error: str) -> None:
    """Record why a transition or its clean-up waits. It changes no revision: the transition goes on."""
    key = {"digest": digests.to_bytes(digest), "request": request_id, "error": error}
    cursor.execute(
        "UPDATE image SET error = %(error)s"
        " WHERE digest = %(digest)s AND request_id = %(request)s AND status <> 'active'",
        key,
    )
    cursor.execute(
        "UPDATE archived_image SET error = %(error)s WHERE digest = %(digest)s"
        " AND (transition_id = %(request)s OR (request_id = %(request)s AND transition_id IS NULL))",
        key,
    )


def set_cleanup(cursor: Cursor, digest: str, primary_keys: list[str], stale_bundles: list[str]) -> None:
    """Record what is left to delete in the two stores; when nothing is, no error is left either."""
    cursor.execute(
        "UPDATE archived_image SET primary_keys = %s, stale_bundles = %s, error = CASE WHEN %s THEN error ELSE '' END"
        " WHERE digest = %s",
        (primary_keys, stale_bundles, bool(primary_keys or stale_bundles), digests.to_bytes(digest)),
    )


def history(cursor: Cursor, digest: str, analyzed_at: datetime) -> History:
    """Return what the database knows of an image beside its documents."""
    key = {"image": digests.to_bytes(digest)}
    cursor.execute("SELECT index_digest FROM image_index WHERE image_digest = %(image)s ORDER BY 1", key)
    parents = tuple(digests.to_text(row[0]) for row in cursor.fetchall())
    cursor.execute(
        "SELECT registry, repository, tag, digest, first_seen, pushed_at, removed_at FROM reference WHERE digest IN"
        " (SELECT %(image)s UNION SELECT index_digest FROM image_index WHERE image_digest = %(image)s)"
        " ORDER BY registry, repository, tag, digest",
        key,
    )
    references = tuple(
        KnownReference(
            registry=registry,
            repository=repository,
            tag=tag,
            digest=digests.to_text(raw),
            first_seen=first_seen,
            pushed_at=pushed_at,
            removed_at=removed_at,
        )
        for registry, repository, tag, raw, first_seen, pushed_at, removed_at in cursor.fetchall()
    )
    cursor.execute(
        "SELECT registry, repository, tag, digest, event, at FROM reference_event WHERE digest IN"
        " (SELECT %(image)s UNION SELECT index_digest FROM image_index WHERE image_digest = %(image)s)"
        " ORDER BY at, registry, repository, tag, digest, event",
        key,
    )
    events = tuple(
        ReferenceEvent(
            registry=registry, repository=repository, tag=tag, digest=digests.to_text(raw), event=event, at=at
        )
        for registry, repository, tag, raw, event, at in cursor.fetchall()
    )
    return History(image=digest, analyzed_at=analyzed_at, parents=parents, references=references, events=events)


@dataclass(frozen=True, slots=True)
class Bundled:
    """A verified bundle in the archive store."""

    key: str
    sha256: bytes
    size: int


def write_archived(
    cursor: Cursor,
    digest: str,
    request_id: UUID,
    rule_id: int | None,
    bundle: Bundled,
    references: tuple[Reference, ...],
    primary_keys: list[str],
    stale_bundles: list[str],
) -> None:
    """Write the archive's row from the image's, replacing that of an older bundle."""
    shown = orjson.dumps([one.model_dump(mode="json", exclude_none=True) for one in references]).decode()
    cursor.execute(
        """
        INSERT INTO archived_image AS old (
            digest, status, request_id, bundle_key, bundle_sha256, bundle_size, analysis_id, catalog_version, os,
            architecture, distro_id, distro_version, size, uncompressed_size, package_count, "references",
            primary_keys, stale_bundles, rule_id, analyzed_at)
        SELECT digest, 'archived', %(request_id)s, %(key)s, %(sha256)s, %(bundle_size)s, analysis_id, catalog_version,
            os, architecture, distro_id, distro_version, size, uncompressed_size, package_count, %(references)s,
            %(primary_keys)s, %(stale_bundles)s, %(rule_id)s, analyzed_at
        FROM image WHERE digest = %(digest)s
        ON CONFLICT (digest) DO UPDATE SET
            status = excluded.status, revision = old.revision + 1, request_id = excluded.request_id,
            transition_id = NULL, status_changed_at = now(), bundle_key = excluded.bundle_key,
            bundle_sha256 = excluded.bundle_sha256, bundle_size = excluded.bundle_size,
            analysis_id = excluded.analysis_id, catalog_version = excluded.catalog_version, os = excluded.os,
            architecture = excluded.architecture, distro_id = excluded.distro_id,
            distro_version = excluded.distro_version, size = excluded.size,
            uncompressed_size = excluded.uncompressed_size, package_count = excluded.package_count,
            "references" = excluded."references", primary_keys = excluded.primary_keys,
            stale_bundles = excluded.stale_bundles, rule_id = excluded.rule_id, error = '',
            analyzed_at = excluded.analyzed_at, archived_at = now(), audited_at = NULL, damage = ''
        """,
        {
            "digest": digests.to_bytes(digest),
            "request_id": request_id,
            "key": bundle.key,
            "sha256": bundle.sha256,
            "bundle_size": bundle.size,
            "references": shown,
            "primary_keys": primary_keys,
            "stale_bundles": stale_bundles,
            "rule_id": rule_id,
        },
    )


def bury(cursor: Cursor, digest: str, at: datetime, reason: str) -> None:
    """Write the tombstone; an earlier one is moved on, never back."""
    cursor.execute(
        "INSERT INTO tombstone AS old (digest, at, reason) VALUES (%s, %s, %s)"
        " ON CONFLICT (digest) DO UPDATE SET at = greatest(old.at, excluded.at), reason = excluded.reason",
        (digests.to_bytes(digest), at, reason),
    )


def remove_image(cursor: Cursor, digest: str) -> None:
    """Remove the rows of an analysis. References stay: they are the registry's, not the analysis's."""
    key = (digests.to_bytes(digest),)
    cursor.execute("DELETE FROM image_package_set WHERE image_id = (SELECT id FROM image WHERE digest = %s)", key)
    cursor.execute("DELETE FROM secret WHERE image_id = (SELECT id FROM image WHERE digest = %s)", key)
    cursor.execute("DELETE FROM image WHERE digest = %s", key)


def remove_archived(cursor: Cursor, digest: str) -> None:
    """Remove the row of an archived image."""
    cursor.execute("DELETE FROM archived_image WHERE digest = %s", (digests.to_bytes(digest),))
