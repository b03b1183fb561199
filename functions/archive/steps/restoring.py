"""From the archive store back into the primary store. The bundle stays where it is.

The last step is not here: persist makes the rows of the documents, and in the same transaction sets
the image active and the archive's row back to `archived`.
"""

from archive import bundle, rows
from archive.steps.run import NotYet, Run
from archive.stored import verify_stored
from cargohold.contracts import AnalysisReady, DocumentKey
from cargohold.database.connection import Cursor
from cargohold.errors import ArchiveUnknown, ObjectCorrupt
from cargohold.lifecycle import ArchiveStatus
from cargohold.objects.store import Warmth, analysis_key


def begin(run: Run) -> None:
    """Set `archived` to `restoring`, and drop the documents that come back from what is to be deleted."""

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.archived is None:
            raise ArchiveUnknown(digest=run.digest)
        if now.archived.status is not ArchiveStatus.ARCHIVED:
            if now.archived.transition_id == run.request.request_id:
                return  # this very request, by a copy of its message
            raise run.conflict(f"its archived analysis is {now.archived.status.value}")
        if now.image is not None:
            raise run.conflict("an analysis of it is in the primary store")
        run.check_archive_unchanged(now.archived.revision)
        coming = analysis_key(run.digest, now.archived.analysis_id, "")
        left = [key for key in now.archived.primary_keys if not key.startswith(coming)]
        rows.set_cleanup(cursor, run.digest, left, list(now.archived.stale_bundles))
        rows.move_archived(cursor, run.digest, ArchiveStatus.RESTORING, run.request.request_id)

    run.services.database.run(work)


def warm(run: Run) -> None:
    """Ask for the bundle to be readable; raises `NotYet` while it is not."""
    if run.services.archive.warm([_mine(run).bundle_key]) is not Warmth.READABLE:
        raise NotYet


def verify_bundle(run: Run) -> None:
    """Read the bundle to its end before anything is put; raises `InvalidBundle` or `ObjectCorrupt`."""
    run.verified = verify_stored(run.services.archive, run.digest, _mine(run))


def put_documents(run: Run) -> None:
    """Put every document under the key that it had; `analysis` is the last, and says that all are there."""
    archived = _mine(run)
    with run.services.archive.get(archived.bundle_key) as reader:
        for member, stream in bundle.BundleReader(reader, archived.bundle_key).members():
            document = member.name.removeprefix(bundle.DOCUMENTS)
            if document == member.name:
                stream.skip()
                continue
            _mine(run)  # a cancelled restore puts nothing more
            key = analysis_key(run.digest, archived.analysis_id, document)
            info = run.services.primary.put(key, stream)
            if info.sha256 != member.sha256:
                raise ObjectCorrupt(key=key, expected=member.sha256, actual=info.sha256)


def hand_over(run: Run) -> None:
    """Send `AnalysisReady` with the request's id, by which persist matches the restore."""
    assert run.verified is not None  # noqa: S101 -- verify_bundle went before
    _mine(run)
    manifest, history = run.verified.manifest, run.verified.history
    documents = tuple(
        DocumentKey(
            document=document,
            key=analysis_key(run.digest, manifest.analysis_id, document),
            sha256=member.sha256,
            size=member.size,
        )
        for document, member in manifest.documents().items()
    )
    run.services.messenger.send(
        "persist",
        AnalysisReady(
            analysis_id=manifest.analysis_id,
            image=run.digest,
            parents=history.parents,
            references=history.current(),
            documents=documents,
            catalog_version=manifest.catalog_version,
            origin="restore",
            reason="manual",
            request_id=run.request.request_id,
            correlation_id=run.request.correlation_id,
        ),
    )


def give_up(run: Run, error: str) -> None:
    """Return to `archived` with the error. The bundle stays; what was put already is left to the clean-up."""

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if _is_mine(run, now.archived):
            back_to_archived(cursor, run, now, error)

    run.services.database.run(work)


def back_to_archived(cursor: Cursor, run: Run, now: rows.Situation, error: str) -> None:
    """End a restore that does not happen; the caller has locked the rows."""
    assert now.archived is not None  # noqa: S101 -- the caller has looked
    prefix = analysis_key(run.digest, now.archived.analysis_id, "")
    put = {info.key for info in run.services.primary.list(prefix)}
    rows.set_cleanup(cursor, run.digest, sorted({*now.archived.primary_keys, *put}), list(now.archived.stale_bundles))
    rows.move_archived(cursor, run.digest, ArchiveStatus.ARCHIVED, None, error=error)


def _is_mine(run: Run, archived: rows.ArchivedRow | None) -> bool:
    return (
        archived is not None
        and archived.status is ArchiveStatus.RESTORING
        and archived.transition_id == run.request.request_id
    )


def _mine(run: Run) -> rows.ArchivedRow:
    """Return the archive's row; raises `TransitionConflict` when this restore is over."""

    def work(cursor: Cursor) -> rows.Situation:
        return run.situation(cursor)

    now = run.services.database.run(work)
    if now.archived is None or not _is_mine(run, now.archived):
        raise run.conflict("the restore was cancelled or has come to its end")
    if now.image is not None:
        raise run.conflict("an analysis of it has come into the primary store")
    return now.archived
