"""Looks after what a request has begun, so that it comes to its end within minutes though its message is lost.

Before a row says that something is under way, a copy of the request is sent that comes some minutes later. It finds
the transition at its end, which is all there is to it, or goes on where it stands. What goes on for ever wakes no
idle database: the copy comes while it is still awake from the transition, a transition that ended has no other,
one that waits for a cold bundle waits for the store's event, and after `LOOKS` the schedule has it.
"""

from archive.rows import Situation
from archive.steps import deleting
from archive.steps.run import Run
from cargohold.contracts import TransitionRequest
from cargohold.lifecycle import Transition

LONGEST = 900  # seconds; no message of SQS is delayed for longer
LOOKS = 24  # with four minutes at first about six hours, as long as the schedule takes to come


def look_later(run: Run) -> bool:
    """Send the copy that looks after this request, once a run, and tell whether one is under way.

    Raises `StoreUnavailable`, before anything has begun.
    """
    request, seconds = run.request, run.services.watch_seconds
    if not seconds or run.watched or request.hops >= LOOKS:
        return run.watched
    copy = request.model_copy(update={"hops": request.hops + 1})
    run.services.messenger.send("archive", copy, delay_seconds=min(LONGEST, seconds * 2**request.hops))
    run.watched = True
    return True


def is_look(request: TransitionRequest) -> bool:
    """Tell whether a request is such a copy, which begins nothing."""
    return request.hops > 0


def unfinished(run: Run, found: Situation) -> bool:
    """Tell whether what this request began is under way, or has left something to clean up."""
    identifier, image, archived = run.request.request_id, found.image, found.archived
    if image is not None and image.request_id == identifier:
        return True
    left = archived is not None and bool(archived.primary_keys or archived.stale_bundles)
    if archived is not None and identifier in (archived.transition_id, archived.request_id):
        return left or archived.transition_id == identifier
    # The row that named the deletion is gone; its documents are on the archive's list when that has the analysis too.
    return run.request.transition is Transition.DELETE_IMAGE and (left or bool(deleting.left_documents(run)))
