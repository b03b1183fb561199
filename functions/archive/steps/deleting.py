"""Out of the primary store, or out of the archive, for good."""

from datetime import datetime
from uuid import UUID

from archive import rows
from archive.steps import archiving, cleanup
from archive.steps.cleanup import head_first
from archive.steps.run import Run
from cargohold.contracts import ImageDeleted
from cargohold.database.connection import Cursor
from cargohold.errors import ArchiveUnknown, ImageUnknown
from cargohold.identifiers import event_id, made_at
from cargohold.lifecycle import ArchiveStatus, ImageStatus
from cargohold.objects.store import analysis_key


def begin_image(run: Run) -> None:
    """Set `active` to `deleting`."""

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.image is None:
            raise ImageUnknown(digest=run.digest)
        if now.image.status is not ImageStatus.ACTIVE:
            if now.image.request_id == run.request.request_id:
                return  # this very request, by a copy of its message
            raise run.conflict(f"it is {now.image.status.value}")
        run.check_image_unchanged(now.image)
        rows.move_image(cursor, run.digest, ImageStatus.DELETING, run.request.request_id)

    run.services.database.run(work)


def commit_image(run: Run) -> None:
    """Remove the rows and write the tombstone, before anything is deleted.

    Until here a new push makes the image active again; afterwards it is analyzed anew. When the
    archive holds the same analysis, its row remembers which documents are to go.
    """
    services = run.services

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.image is None:
            return  # committed before, and the connection was lost with the answer
        image = _mine(run, now)
        run.begun = image
        if now.archived is not None and now.archived.analysis_id == image.analysis_id:
            keys = {info.key for info in services.primary.list(analysis_key(run.digest, image.analysis_id, ""))}
            pending = sorted({*now.archived.primary_keys, *keys})
            rows.set_cleanup(cursor, run.digest, pending, list(now.archived.stale_bundles))
        rows.bury(cursor, run.digest, image.status_changed_at, "deleted")
        rows.remove_image(cursor, run.digest)

    services.database.run(work)


def delete_documents(run: Run) -> None:
    """Delete the documents of every analysis that began before the deletion and that no row names."""
    for key in left_documents(run):
        run.services.primary.delete(key)


def left_documents(run: Run) -> list[str]:
    """Return the keys of those documents, in the order in which they go.

    A repetition finds them as well, though the row is gone: an analysis id tells when it was made.
    """

    def work(cursor: Cursor) -> rows.Situation:
        return run.situation(cursor)

    now = run.services.database.run(work)
    if now.tombstone is None:
        return []
    named = {row.analysis_id for row in (now.image, now.archived) if row is not None}
    gone = [
        info.key
        for info in run.services.primary.list(f"analyses/{run.digest}/")
        if _is_gone(info.key.split("/")[2], named, now.tombstone.at)
    ]
    return head_first(gone)


def _is_gone(name: str, named: set[UUID], at: datetime) -> bool:
    try:
        analysis_id = UUID(name)
    except ValueError:
        return False
    return analysis_id not in named and analysis_id.version == 7 and made_at(analysis_id) <= at


def announce_image(run: Run) -> None:
    """Publish `ImageDeleted`; its id comes from the tombstone, which a repetition finds as well."""

    def work(cursor: Cursor) -> ImageDeleted | None:
        tombstone = run.situation(cursor).tombstone
        if tombstone is None or tombstone.reason != "deleted":
            return None
        return ImageDeleted(
            event_id=event_id("ImageDeleted", run.digest, tombstone.at.isoformat()),
            at=tombstone.at,
            image=run.digest,
            references=rows.history(cursor, run.digest, tombstone.at).current(),
            correlation_id=run.request.correlation_id,
        )

    event = run.services.database.run(work)
    if event is not None:
        run.services.messenger.publish(event)


def begin_archive(run: Run) -> None:
    """Set `archived` to `deleting`."""
    eligible_at = run.check_rule()

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.archived is None:
            raise ArchiveUnknown(digest=run.digest)
        if now.archived.status is not ArchiveStatus.ARCHIVED:
            if now.archived.transition_id == run.request.request_id:
                return  # this very request, by a copy of its message
            raise run.conflict(f"it is {now.archived.status.value}")
        if now.image is not None and now.image.status is ImageStatus.ARCHIVING:
            raise run.conflict("it is being archived anew")
        run.check_archive_unchanged(now.archived.revision)
        if eligible_at is not None and eligible_at != now.archived.revision:
            raise run.conflict("it changed while its rule was looked at")
        rows.move_archived(cursor, run.digest, ArchiveStatus.DELETING, run.request.request_id)

    run.services.database.run(work)


def delete_bundles(run: Run) -> None:
    """Delete what is left in the primary store, then every bundle of the image."""
    cleanup.clean_up(run)
    for info in list(run.services.archive.list(archiving.bundles_of(run.digest))):
        run.services.archive.delete(info.key)


def announce_archive(run: Run) -> None:
    """Publish `ImageDeleted`. Nothing can stop the deletion now, and the row that names the request still stands."""

    def work(cursor: Cursor) -> rows.ArchivedRow | None:
        return run.situation(cursor).archived

    archived = run.services.database.run(work)
    if archived is None or archived.transition_id != run.request.request_id:
        return
    run.services.messenger.publish(
        ImageDeleted(
            event_id=event_id("ImageDeleted", "archive", run.digest, str(run.request.request_id)),
            at=archived.status_changed_at,
            image=run.digest,
            references=archived.references,
            archive=True,
            correlation_id=run.request.correlation_id,
        )
    )


def commit_archive(run: Run) -> None:
    """Remove the archive's row. The tombstone keeps its time, so that it stops no push that it did not stop before."""

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.archived is None or now.archived.transition_id != run.request.request_id:
            return
        if now.image is None:
            at = now.tombstone.at if now.tombstone is not None else now.archived.archived_at
            rows.bury(cursor, run.digest, at, "deleted")
        rows.remove_archived(cursor, run.digest)

    run.services.database.run(work)


def _mine(run: Run, now: rows.Situation) -> rows.ImageRow:
    image = now.image
    if image is None or image.status is not ImageStatus.DELETING or image.request_id != run.request.request_id:
        raise run.conflict("another transition has taken its place")
    return image
