"""Ends a transition that has not passed its point of no return."""

from archive import rows
from archive.steps import restoring
from archive.steps.run import Run
from cargohold.database.connection import Cursor
from cargohold.lifecycle import ArchiveStatus, ImageStatus


def cancel(run: Run) -> None:
    """Set `archiving` back to `active`, or `restoring` back to `archived`.

    Whoever is at work on it fails at his fence and removes his own bundle.
    """

    def work(cursor: Cursor) -> None:
        now = run.situation(cursor)
        if now.image is not None and now.image.status is ImageStatus.ARCHIVING:
            run.check_image_unchanged(now.image)
            rows.move_image(cursor, run.digest, ImageStatus.ACTIVE, None)
        elif now.archived is not None and now.archived.status is ArchiveStatus.RESTORING:
            run.check_archive_unchanged(now.archived.revision)
            restoring.back_to_archived(cursor, run, now, error="")
        else:
            raise run.conflict("nothing that could be cancelled is under way")

    run.services.database.run(work)
