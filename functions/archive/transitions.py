"""What a request does, by the state in which it finds the image. `docs/archive-protocol.md` draws it.

A state is taken with the eye of the request: `MINE` says that this very request brought it about, so
that a message delivered again goes on where its first copy died.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from archive import rows
from archive.candidates import Candidates, read_rules
from archive.rows import Situation
from archive.rules import evaluate
from archive.steps import archiving, cancelling, cleanup, deleting, restoring
from archive.steps.run import NotYet, Run, Services
from archive.stored import said
from archive.watch import is_look, look_later, unfinished
from cargohold.archive_rules import RuleTransition
from cargohold.contracts import TransitionRequest, now
from cargohold.database.connection import Cursor
from cargohold.errors import ArchiveUnknown, CargoholdError, ImageUnknown, TransitionConflict
from cargohold.identifiers import made_at
from cargohold.lifecycle import ArchiveStatus, ImageStatus, Transition

Step = Callable[[Run], None]


class State(StrEnum):
    """The state of a digest for a request."""

    ABSENT = "nothing is known of it"
    ACTIVE = "active"
    ACTIVE_ARCHIVED = "active, and archived before"
    ARCHIVED = "archived"
    ARCHIVED_MINE = "archived by this request"
    ARCHIVING_MINE = "archiving by this request"
    RESTORING_MINE = "restoring by this request"
    DELETING_IMAGE_MINE = "deleting by this request"
    DELETING_ARCHIVE_MINE = "its archive deleting by this request"
    DELETED_MINE = "deleted since this request"
    ARCHIVING = "archiving by another request"
    RESTORING = "restoring by another request"
    DELETING = "deleting by another request"


_BEGUN = frozenset(state for state in State if state.name.endswith("_MINE"))

_BEGINNINGS: tuple[Step, ...] = (archiving.begin, restoring.begin, deleting.begin_image, deleting.begin_archive)
_WATCHED: tuple[Step, ...] = (*_BEGINNINGS, restoring.hand_over)  # persist may lose what it is handed
_AFTER_COMMIT: tuple[Step, ...] = (archiving.announce, cleanup.clean_up)
_ARCHIVE: tuple[Step, ...] = (
    archiving.release_claims,
    archiving.put_bundle,
    archiving.verify_bundle,
    archiving.commit,
    *_AFTER_COMMIT,
)
_RESTORE: tuple[Step, ...] = (
    restoring.warm,
    restoring.verify_bundle,
    restoring.put_documents,
    restoring.hand_over,
)
_DELETED: tuple[Step, ...] = (deleting.announce_image, deleting.delete_documents, cleanup.clean_up)
_DELETE_IMAGE: tuple[Step, ...] = (archiving.release_claims, deleting.commit_image, *_DELETED)
_DELETE_ARCHIVE: tuple[Step, ...] = (deleting.delete_bundles, deleting.announce_archive, deleting.commit_archive)

TABLE: dict[tuple[Transition, State], tuple[Step, ...]] = {
    (Transition.ARCHIVE, State.ACTIVE): (archiving.begin, *_ARCHIVE),
    (Transition.ARCHIVE, State.ACTIVE_ARCHIVED): (archiving.begin, *_ARCHIVE),
    (Transition.ARCHIVE, State.ARCHIVING_MINE): _ARCHIVE,
    (Transition.ARCHIVE, State.ARCHIVED_MINE): _AFTER_COMMIT,
    (Transition.RESTORE, State.ARCHIVED): (restoring.begin, *_RESTORE),
    (Transition.RESTORE, State.RESTORING_MINE): _RESTORE,
    (Transition.DELETE_IMAGE, State.ACTIVE): (deleting.begin_image, *_DELETE_IMAGE),
    (Transition.DELETE_IMAGE, State.ACTIVE_ARCHIVED): (deleting.begin_image, *_DELETE_IMAGE),
    (Transition.DELETE_IMAGE, State.DELETING_IMAGE_MINE): _DELETE_IMAGE,
    (Transition.DELETE_IMAGE, State.DELETED_MINE): _DELETED,
    (Transition.DELETE_ARCHIVE, State.ARCHIVED): (deleting.begin_archive, *_DELETE_ARCHIVE),
    (Transition.DELETE_ARCHIVE, State.ACTIVE_ARCHIVED): (deleting.begin_archive, *_DELETE_ARCHIVE),
    (Transition.DELETE_ARCHIVE, State.DELETING_ARCHIVE_MINE): _DELETE_ARCHIVE,
    (Transition.CANCEL, State.ARCHIVING): (cancelling.cancel,),
    (Transition.CANCEL, State.RESTORING): (cancelling.cancel,),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a request came: `finished`, or not, for a bundle to be warm or, a look, for what is out of reach."""

    state: State | None  # in which it found the image; None when that could not be read
    finished: bool


def state_of(request: TransitionRequest, found: Situation) -> State:
    """Return the state in which `request` finds the image."""
    image, archived = found.image, found.archived
    if archived is not None and archived.status is ArchiveStatus.DELETING:
        return State.DELETING_ARCHIVE_MINE if archived.transition_id == request.request_id else State.DELETING
    if archived is not None and archived.status is ArchiveStatus.RESTORING:
        return State.RESTORING_MINE if archived.transition_id == request.request_id else State.RESTORING
    if image is not None and image.status is ImageStatus.DELETING:
        return State.DELETING_IMAGE_MINE if image.request_id == request.request_id else State.DELETING
    if archived is not None and archived.request_id == request.request_id:
        return State.ARCHIVED_MINE  # also when the image has been pushed or restored since
    if image is not None and image.status is ImageStatus.ARCHIVING:
        return State.ARCHIVING_MINE if image.request_id == request.request_id else State.ARCHIVING
    if request.transition is Transition.DELETE_IMAGE and _deleted_since(request, found):
        return State.DELETED_MINE
    if image is not None:
        return State.ACTIVE if archived is None else State.ACTIVE_ARCHIVED
    return State.ABSENT if archived is None else State.ARCHIVED


def steps_for(request: TransitionRequest, state: State) -> tuple[Step, ...]:
    """Return the steps; raises `ImageUnknown`, `ArchiveUnknown` or `TransitionConflict` when there are none."""
    steps = TABLE.get((request.transition, state))
    if steps is not None:
        return steps
    needs_archive = request.transition in (Transition.RESTORE, Transition.DELETE_ARCHIVE)
    if needs_archive and state in (State.ABSENT, State.ACTIVE):
        raise ArchiveUnknown(digest=request.image)
    if not needs_archive and state is State.ABSENT:
        raise ImageUnknown(digest=request.image)
    raise TransitionConflict(digest=request.image, transition=request.transition.value, reason=f"it is {state.value}")


def carry_out(services: Services, request: TransitionRequest) -> Outcome:
    """Do what `request` asks for, or go on where it was interrupted.

    A permanent error ends the transition, puts the image back into its old state and is raised; a
    transient one is raised and leaves everything as it is, for the next delivery. A request that only looks
    after what it began begins nothing, and after a transient error it comes again as a later look.
    """
    run = Run(services, request, partial(_eligible_at, services, request))
    try:
        return _go_through(run)
    except CargoholdError as error:
        if error.permanent or not is_look(request) or not look_later(run):
            raise
        return Outcome(None, finished=False)


def _go_through(run: Run) -> Outcome:
    def read(cursor: Cursor) -> Situation:
        return run.situation(cursor)

    found = run.services.database.run(read)
    state = state_of(run.request, found)
    if is_look(run.request) and not (state in _BEGUN and unfinished(run, found)):
        return Outcome(state, finished=True)
    for step in steps_for(run.request, state):
        try:
            if step in _WATCHED:
                look_later(run)
            step(run)
        except NotYet:
            return Outcome(state, finished=False)
        except CargoholdError as error:
            # A beginning that fails has changed nothing, and a copy of the message may be at work.
            if step not in _BEGINNINGS:
                _fail(run, step, error)
            raise
    return Outcome(state, finished=True)


def _fail(run: Run, step: Step, error: CargoholdError) -> None:
    """End what failed for good; what stays under way says in its row why it waits."""
    if error.permanent and run.request.transition is Transition.ARCHIVE:
        archiving.give_up(run, said(error))
        if step not in _AFTER_COMMIT:
            return  # the image has the error, or another worker has archived it and nothing waits
    elif error.permanent and run.request.transition is Transition.RESTORE:
        restoring.give_up(run, said(error))
    # Nothing depends on the note, and the error under way is the one to raise.
    with suppress(CargoholdError):
        run.services.database.run(lambda cursor: rows.note(cursor, run.digest, run.request.request_id, said(error)))


def _deleted_since(request: TransitionRequest, found: Situation) -> bool:
    """Tell whether the image was deleted after the request was made, so that this is its repetition."""
    if request.request_id.version != 7 or found.tombstone is None or found.tombstone.reason != "deleted":
        return False
    if found.image is not None and found.image.status_changed_at <= found.tombstone.at:
        return False
    return found.tombstone.at >= made_at(request.request_id)


def _eligible_at(services: Services, request: TransitionRequest) -> int | None:
    """Return the revision at which the image is taken by a rule of the request's kind, None when by none."""
    wanted = RuleTransition.ARCHIVE if request.transition is Transition.ARCHIVE else RuleTransition.DELETE
    rules = [named for named in read_rules(services.database)[0] if named.rule.transition is wanted]
    candidate = Candidates(services.database, wanted, rules).one(request.image)
    if candidate is None:
        return None
    decision = next(evaluate(rules, [candidate], now()))
    return candidate.revision if decision.rule is not None else None
