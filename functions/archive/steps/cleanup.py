"""Removes what a committed transition left behind: the keys that its row names, and its other attempts."""

from collections.abc import Iterable

from archive import rows
from archive.steps.run import Run, Services
from cargohold.database.connection import Cursor
from cargohold.documents import ANALYSIS
from cargohold.lifecycle import ArchiveStatus
from cargohold.objects.store import analysis_key


def clean_up(run: Run) -> None:
    """Delete the documents that are in the archive now, and the bundles that were replaced.

    The archive's row stays locked meanwhile: a restore that brings these documents back begins
    before, and takes them off the list, or after. The list is shortened after each key, which also
    tells, before the next one goes, that the lock is still held.
    """

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        archived = now.archived
        if archived is None or archived.status is ArchiveStatus.RESTORING:
            return
        primary, stale = head_first(archived.primary_keys), list(archived.stale_bundles)
        while primary:
            if not _is_current(run, now, primary[0]):
                run.services.primary.delete(primary[0])
            del primary[0]
            rows.set_cleanup(cursor, run.digest, primary, stale)
        while stale:
            run.services.archive.delete(stale[0])
            del stale[0]
            rows.set_cleanup(cursor, run.digest, primary, stale)
        _delete_other_attempts(run.services, archived)

    run.services.database.run(work)


def delete_other_attempts(services: Services, digest: str) -> None:
    """Delete the bundles that a second worker of the archiving put and, killed, could not take back.

    It may have put one after the first worker had listed them all. That archiving is committed, so no
    attempt of it can be any more; bundles of other requests are not touched.
    """

    def work(cursor: Cursor) -> None:
        archived = rows.read(cursor, digest).archived
        if archived is not None:
            _delete_other_attempts(services, archived)

    services.database.run(work)


def _delete_other_attempts(services: Services, archived: rows.ArchivedRow) -> None:
    """The caller has locked the row."""
    attempts = archived.bundle_key.rpartition("/")[0] + "/"
    for info in list(services.archive.list(attempts)):
        if info.key != archived.bundle_key:
            services.archive.delete(info.key)


def head_first(keys: Iterable[str]) -> list[str]:
    """Order keys for deletion: `analysis` first, so that nobody takes what is left for a whole analysis."""
    return sorted(keys, key=lambda key: (not key.endswith(f"/{ANALYSIS.name}"), key))


def _is_current(run: Run, now: rows.Situation, key: str) -> bool:
    """Tell whether a document belongs to the analysis that the image has now."""
    return now.image is not None and key.startswith(analysis_key(run.digest, now.image.analysis_id, ""))
