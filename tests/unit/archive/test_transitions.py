"""The table: every state of every request has steps or a refusal, and the moves are those of the lifecycle."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest

from archive.rows import ArchivedRow, ImageRow, Situation, Tombstone
from archive.steps import archiving, cancelling, cleanup, deleting, restoring
from archive.transitions import TABLE, State, state_of, steps_for
from cargohold.contracts import TransitionRequest
from cargohold.errors import ArchiveUnknown, ImageUnknown, TransitionConflict
from cargohold.identifiers import uuid7
from cargohold.lifecycle import ARCHIVE_MOVES, IMAGE_MOVES, ArchiveStatus, ImageStatus, Transition

AT = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = "sha256:" + "00" * 32


def request(transition: Transition) -> TransitionRequest:
    return TransitionRequest(image=IMAGE, transition=transition, request_id=uuid7())


def image(status: ImageStatus, request_id: object = None) -> ImageRow:
    return ImageRow(status, 1, request_id, AT, uuid4(), b"", AT)  # type: ignore[arg-type]


def archived(status: ArchiveStatus, request_id: object = None, transition_id: object = None) -> ArchivedRow:
    made = request_id or uuid4()
    return ArchivedRow(status, 1, made, transition_id, AT, "k", b"", 1, uuid4(), (), (), (), AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(("transition", "state"), list(product(Transition, State)))
def test_every_state_has_steps_or_says_why_not(transition: Transition, state: State) -> None:
    if (transition, state) in TABLE:
        assert steps_for(request(transition), state)
        return
    with pytest.raises((ArchiveUnknown, ImageUnknown, TransitionConflict)):
        steps_for(request(transition), state)


def test_the_beginnings_are_the_legal_moves() -> None:
    begins = {
        archiving.begin: {move for move in IMAGE_MOVES if move[1] is Transition.ARCHIVE},
        deleting.begin_image: {move for move in IMAGE_MOVES if move[1] is Transition.DELETE_IMAGE},
        restoring.begin: {move for move in ARCHIVE_MOVES if move[1] is Transition.RESTORE},
        deleting.begin_archive: {move for move in ARCHIVE_MOVES if move[1] is Transition.DELETE_ARCHIVE},
        cancelling.cancel: {move for move in {**IMAGE_MOVES, **ARCHIVE_MOVES} if move[1] is Transition.CANCEL},
    }
    used = {step for steps in TABLE.values() for step in steps}
    assert set(begins) <= used
    assert set().union(*begins.values()) == {*IMAGE_MOVES, *ARCHIVE_MOVES}


def test_nothing_is_deleted_before_the_commit() -> None:
    for steps in TABLE.values():
        for destructive, commit in (
            (cleanup.clean_up, archiving.commit),
            (deleting.delete_documents, deleting.commit_image),
        ):
            if destructive in steps and commit in steps:
                assert steps.index(destructive) > steps.index(commit)
        if archiving.commit in steps:
            assert steps.index(archiving.verify_bundle) < steps.index(archiving.commit)
            assert steps.index(archiving.announce) < steps.index(cleanup.clean_up)
        if restoring.put_documents in steps:
            assert steps.index(restoring.verify_bundle) < steps.index(restoring.put_documents)


@pytest.mark.parametrize("transition", list(Transition))
def test_a_request_knows_its_own_work(transition: Transition) -> None:
    asked = request(transition)
    mine = asked.request_id
    cases = [
        (Situation(None, None, None), State.ABSENT),
        (Situation(image(ImageStatus.ACTIVE), None, None), State.ACTIVE),
        (Situation(image(ImageStatus.ACTIVE), archived(ArchiveStatus.ARCHIVED), None), State.ACTIVE_ARCHIVED),
        (Situation(None, archived(ArchiveStatus.ARCHIVED), None), State.ARCHIVED),
        (Situation(None, archived(ArchiveStatus.ARCHIVED, mine), None), State.ARCHIVED_MINE),
        (Situation(image(ImageStatus.ACTIVE), archived(ArchiveStatus.ARCHIVED, mine), None), State.ARCHIVED_MINE),
        (Situation(image(ImageStatus.ARCHIVING, mine), None, None), State.ARCHIVING_MINE),
        (Situation(image(ImageStatus.ARCHIVING, uuid4()), None, None), State.ARCHIVING),
        (Situation(image(ImageStatus.DELETING, mine), None, None), State.DELETING_IMAGE_MINE),
        (Situation(image(ImageStatus.DELETING, uuid4()), None, None), State.DELETING),
        (Situation(None, archived(ArchiveStatus.RESTORING, None, mine), None), State.RESTORING_MINE),
        (Situation(None, archived(ArchiveStatus.RESTORING, None, uuid4()), None), State.RESTORING),
        (Situation(None, archived(ArchiveStatus.DELETING, None, mine), None), State.DELETING_ARCHIVE_MINE),
        (Situation(None, archived(ArchiveStatus.DELETING, None, uuid4()), None), State.DELETING),
    ]
    for situation, expected in cases:
        assert state_of(asked, situation) is expected


@pytest.mark.trap("B17")
def test_a_deletion_after_the_request_is_its_own() -> None:
    asked = request(Transition.DELETE_IMAGE)
    soon, before = datetime.now(UTC) + timedelta(minutes=1), datetime.now(UTC) - timedelta(minutes=1)
    assert state_of(asked, Situation(None, None, Tombstone(soon, "deleted"))) is State.DELETED_MINE
    assert state_of(asked, Situation(None, None, Tombstone(before, "deleted"))) is State.ABSENT
    assert state_of(asked, Situation(None, None, Tombstone(soon, "archived"))) is State.ABSENT
