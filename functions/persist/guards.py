"""Whether a result may still become rows: what late, repeated and reordered messages must not do.

A tombstone stops every result whose pushes are not later, a deletion under way does the same from
when it was asked for, and an older analysis never replaces a newer one.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cargohold.contracts import AnalysisReady
from cargohold.identifiers import made_at
from cargohold.lifecycle import ImageStatus


class Decision(StrEnum):
    """What to do with a result."""

    WRITE = "write"  # it becomes the image's analysis
    KEEP = "keep"  # the image keeps the analysis it has, but its references count
    STOP = "stop"  # it came too late
    AGAIN = "again"  # it is wanted, but its documents went when the image was archived or deleted


@dataclass(frozen=True, slots=True)
class StoredImage:
    """The row of an image, as far as decisions and notifications need it."""

    id: int
    analysis_id: UUID
    catalog_version: int
    status: ImageStatus
    status_changed_at: datetime
    package_count: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a digest. `restore` tells that the message ends the restore under way.

    `archived_analysis` is the analysis that the archive holds.
    """

    image: StoredImage | None = None
    tombstone_at: datetime | None = None
    restore: bool = False
    archived_analysis: UUID | None = None


def decide(state: State, message: AnalysisReady) -> Decision:
    """Return what to do with a result."""
    image = state.image
    if message.origin == "restore":
        if not state.restore:  # a replay, or the restore was cancelled
            return Decision.KEEP if image and image.analysis_id == message.analysis_id else Decision.STOP
    elif message.origin == "reindex" and state.archived_analysis is not None:
        # What the archive holds and is whole in the primary store was restored; what is older was left behind.
        if message.analysis_id < state.archived_analysis:
            return Decision.STOP
    elif _is_late(state, message):
        return Decision.STOP
    if image is not None and not _is_newer(message, image):
        return Decision.KEEP
    return Decision.AGAIN if _predates_removal(state, message) else Decision.WRITE


def _is_late(state: State, message: AnalysisReady) -> bool:
    image = state.image
    if message.force or message.reason == "manual":
        return False
    if image and image.status is ImageStatus.DELETING and not _pushed_after(message, image.status_changed_at):
        return True
    if state.tombstone_at is None or (image and message.reason == "reanalyze"):
        return False  # an image that is here again (restored, pushed anew) is not brought back by analyzing it
    return not _pushed_after(message, state.tombstone_at)


def _predates_removal(state: State, message: AnalysisReady) -> bool:
    """Tell whether the documents may be gone: a push can find the claim of an analysis that a removal is deleting."""
    removed = state.tombstone_at
    return message.origin == "analysis" and removed is not None and made_at(message.analysis_id) <= removed


def _pushed_after(message: AnalysisReady, at: datetime) -> bool:
    if message.references:
        # Reconcile and re-analysis find what is there and know of no push: without a time they pass nothing.
        unknown = None if message.reason in {"reconcile", "reanalyze"} else message.analysis_id
        pushes = [push_time(reference.pushed_at, unknown) for reference in message.references]
    else:
        pushes = [push_time(None, message.analysis_id)]
    return any(push is not None and push > at for push in pushes)


def push_time(pushed_at: datetime | None, analysis_id: UUID | None) -> datetime | None:
    """Return when a push was; a sender that does not know leaves it to the time of the analysis."""
    return pushed_at or (made_at(analysis_id) if analysis_id else None)


def _is_newer(message: AnalysisReady, image: StoredImage) -> bool:
    if message.force and message.analysis_id > image.analysis_id:
        return True
    return (message.catalog_version, message.analysis_id) > (image.catalog_version, image.analysis_id)
