"""Rows of what the object store holds, for a database that was lost. An operator runs it, as the schema's owner.

Every whole analysis is handled once more, the oldest first, as when its message came: the same guards
decide, and nothing is told to anybody. The archive's bundles go before (`archive.reindex`); of an image
in the archive only what is not older than its bundle becomes rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cargohold import announcement, digests, documents
from cargohold.announcement import Announcement, announcement_key
from cargohold.contracts import AnalysisReady, DocumentKey, ReferenceRemoved
from cargohold.database.batch import Batch
from cargohold.database.connection import FOREIGN_KEY_VIOLATION, Cursor, Database
from cargohold.database.copy import insert_missing
from cargohold.errors import InvalidDocument, ObjectNotFound
from cargohold.identifiers import made_at
from cargohold.objects.store import ObjectStore, analysis_key, parse_analysis_key
from persist import content, references
from persist.analysis import apply
from persist.content import Content
from persist.guards import Decision
from persist.packages import COLUMNS, Packages, analysis_hour, collect

_FIRST_SEEN = """
UPDATE package SET first_seen = %(at)s WHERE identity = ANY(%(identities)s) AND first_seen > %(at)s
"""
_LAST_SEEN = """
UPDATE package SET last_seen = %(hour)s
WHERE identity = ANY(%(identities)s) AND (last_seen IS NULL OR last_seen < %(hour)s)
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An analysis whose head is in the store."""

    analysis_id: UUID
    image: str


def is_empty(cursor: Cursor) -> bool:
    """Tell whether the database holds no image, no archived image and no reference."""
    cursor.execute(
        "SELECT NOT EXISTS (SELECT FROM image) AND NOT EXISTS (SELECT FROM archived_image) "
        "AND NOT EXISTS (SELECT FROM reference)"
    )
    return bool(cursor.fetchone()[0])


def stored_analyses(store: ObjectStore) -> list[bytes]:
    """Return every analysis of the store, the oldest first, in 48 bytes each, for there are many; see `decoded`."""
    found = (parse_analysis_key(info.key) for info in store.list("analyses/"))
    heads = (one for one in found if one is not None and one[2] == documents.ANALYSIS.name)
    return sorted(analysis_id.bytes + digests.to_bytes(image) for image, analysis_id, _ in heads)


def decoded(found: bytes) -> Stored:
    """Return an analysis of `stored_analyses`."""
    return Stored(UUID(bytes=found[:16]), digests.to_text(found[16:]))


def remaining(found: Iterable[bytes], done: set[bytes]) -> Iterator[Stored]:
    """Yield the analyses that are not `done`."""
    return (decoded(one) for one in found if one[:16] not in done)


def current(cursor: Cursor) -> set[bytes]:
    """Return the ids of the analyses that images have: a rebuild that was interrupted need not read them again."""
    cursor.execute("SELECT analysis_id FROM image")
    return {row[0].bytes for row in cursor}


def read(store: ObjectStore, stored: Stored) -> tuple[AnalysisReady, Content]:
    """Return an analysis and the message that announced it. Raises what reading documents raises."""
    key = analysis_key(stored.image, stored.analysis_id, documents.ANALYSIS.name)
    with store.get(key) as reader:
        if reader.info.size > content.HEAD_BYTES:
            raise InvalidDocument(document=documents.ANALYSIS.name, reason=f"{reader.info.size} bytes are too many")
        info = reader.info
        analysis = documents.ANALYSIS.read(reader)
    told = _announced(store, stored)
    message = AnalysisReady(
        analysis_id=stored.analysis_id,
        image=stored.image,
        parents=told.parents,
        references=told.references,
        documents=(DocumentKey(document=documents.ANALYSIS.name, key=key, sha256=info.sha256, size=info.size),),
        catalog_version=analysis.catalog_version,
        origin="reindex",
        reason=told.reason,
    )
    return message, content.read(store, message)


def write(database: Database, message: AnalysisReady, found: Content) -> Decision:
    """Make an analysis rows, if it is the image's last; its packages were seen in any case."""

    def work(cursor: Cursor) -> Decision:
        decision = apply(cursor, message, found).decision
        if decision is Decision.WRITE:
            _seen_first(cursor, found.packages, made_at(message.analysis_id))
        else:
            remember(cursor, found.packages, made_at(message.analysis_id))
        return decision

    return database.run(work, retry=frozenset({FOREIGN_KEY_VIOLATION}))


def packages_of(parts: Iterable[bytes]) -> Packages:
    """Return the packages of a document `packages`."""
    return collect(documents.PACKAGES.read(parts))


def remember(cursor: Cursor, packages: Packages, at: datetime) -> None:
    """Record that the packages of an image without rows were seen `at`."""
    identities = sorted(packages.rows)
    rows = [packages.rows[identity].stored(at) for identity in identities]
    insert_missing(cursor, "package", COLUMNS, rows, key=("identity",))
    _seen_first(cursor, packages, at)
    cursor.execute(_LAST_SEEN, {"hour": analysis_hour(at), "identities": identities})


def remember_references(
    cursor: Cursor,
    result: AnalysisReady,
    removals: Iterable[ReferenceRemoved],
    first_seen: Iterable[tuple[str, str, str, str, datetime]],
) -> None:
    """Record the references of an image without rows: its pushes, removals, and when each was seen first."""
    batch = Batch(cursor)
    references.link_parents(batch, result)
    references.record(batch, references.pushes(result))
    batch.run()
    for removal in removals:
        references.remove(batch, removal)
    # The push that was first may be older than the history goes back.
    for registry, repository, tag, digest, at in first_seen:
        cursor.execute(
            "UPDATE reference SET first_seen = %(at)s WHERE registry = %(registry)s AND repository = %(repository)s "
            "AND tag = %(tag)s AND (tag <> '' OR digest = %(digest)s) AND first_seen > %(at)s",
            {
                "registry": registry,
                "repository": repository,
                "tag": tag,
                "digest": digests.to_bytes(digest),
                "at": at,
            },
        )


def _seen_first(cursor: Cursor, packages: Packages, at: datetime) -> None:
    cursor.execute(_FIRST_SEEN, {"at": at, "identities": sorted(packages.rows)})


def _announced(store: ObjectStore, stored: Stored) -> Announcement:
    try:
        with store.get(announcement_key(stored.image, stored.analysis_id)) as reader:
            return announcement.read(reader)
    except ObjectNotFound:
        # Restored, and then its bundle has the references; or analyzed before there were announcements.
        return Announcement(image=stored.image)
