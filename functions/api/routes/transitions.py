"""What is asked of other functions, as messages: analyses, and moves into and out of the archive."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Digest
from api.queries.images import get_image
from api.queries.states import states
from api.requests import caller
from api.routing import new_router
from api.services import services
from cargohold.contracts import AnalyzeRequest, ReconcileRun, Reference, ScheduledRun, TransitionRequest, now
from cargohold.errors import ArchiveUnknown, ImageUnknown, InvalidReference, TransitionConflict
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.registry.reference import check_name, parse_reference, to_text

router = new_router()

ACCEPTED = 202
_OF_IMAGES = (Transition.ARCHIVE, Transition.DELETE_IMAGE)
Revision = Annotated[
    int | None, Query(ge=0, le=2**63 - 1, description="of the image as it was seen; anything newer is a conflict")
]


class Analyze(BaseModel):
    """An image to analyze: by tag or digest, in a registry. With `force` also when an analysis is there."""

    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(min_length=1, max_length=4096, examples=["registry.example.com/team/app:1.0"])]
    force: bool = False


class AnalysisRequested(BaseModel):
    """The message was sent. `correlation_id` is in the logs of all that follows.

    What was asked for by a reference is done when that counts as pushed at `requested_at` or later.
    """

    reference: str
    requested_at: datetime
    correlation_id: str


class TransitionRequested(BaseModel):
    """The message was sent; the image's status tells what became of it."""

    digest: str
    transition: Transition
    request_id: UUID


class Reconcile(BaseModel):
    """The host of a registry that is compared; without one all that are due today."""

    model_config = ConfigDict(extra="forbid")

    registry: Annotated[str, Field(max_length=255, pattern=r"^([A-Za-z0-9.-]+(:[0-9]{1,5})?)?$")] = ""


class ReconcileRequested(BaseModel):
    """The message was sent. `correlation_id` is in the logs of all that follows."""

    execution_id: str
    correlation_id: str


class Resumed(BaseModel):
    """The message was sent. `correlation_id` is in the logs of all that follows."""

    digest: str
    correlation_id: str


@router.post(
    "/v1/images",
    tags=["images"],
    summary="Analyze an image",
    description="All platforms of a multi-platform image. It is in the list when its analysis is done; "
    "`failures` has it when it failed.",
    operation_id="analyzeImage",
    status_code=ACCEPTED,
)
def analyze(body: Annotated[Analyze, Body()]) -> AnalysisRequested:
    """Ask for an analysis."""
    reference = parse_reference(body.reference)
    if reference.transport != "docker":
        raise InvalidReference(reference=body.reference, reason="only images in registries can be analyzed from here.")
    at = now()
    return _analyze(
        AnalyzeRequest(reference=reference.model_copy(update={"pushed_at": at}), reason="manual", force=body.force), at
    )


@router.post(
    "/v1/images/<digest>/analyze",
    tags=["images"],
    summary="Analyze an image again",
    description="By one of its references. The analysis that is there stays until the new one is done.",
    operation_id="reanalyzeImage",
    status_code=ACCEPTED,
)
def reanalyze(digest: Digest) -> AnalysisRequested:
    """Ask for an analysis of a known image."""
    known = services().database.run(lambda cursor: get_image(cursor, digest)).image.references
    named = sorted((one for one in known if one.registry), key=lambda one: one.removed_at is not None)
    if not named:
        raise InvalidReference(reference=digest, reason="it was read from a file, and is in no registry.")
    best = named[0]
    reference = Reference(
        registry=best.registry,
        repository=best.repository,
        tag=best.tag if best.removed_at is None else "",
        digest=best.digest,
        pushed_at=best.pushed_at,
    )
    check_name(reference)
    return _analyze(
        AnalyzeRequest(
            reference=reference,
            image=digest if best.digest != digest else None,
            parents=(best.digest,) if best.digest != digest else (),
            reason="reanalyze",
            force=True,
        ),
        now(),
    )


def _analyze(request: AnalyzeRequest, at: datetime) -> AnalysisRequested:
    services().messenger.send("analyze", request)
    return AnalysisRequested(
        reference=to_text(request.reference), requested_at=at, correlation_id=request.correlation_id
    )


@router.post(
    "/v1/reconciliations",
    tags=["references"],
    summary="Compare registries with what is known of them",
    description="What their notifications missed is analyzed, and what is gone is noticed, as on the schedule.",
    operation_id="reconcile",
    status_code=ACCEPTED,
)
def reconcile(body: Annotated[Reconcile, Body()]) -> ReconcileRequested:
    """Ask for a comparison."""
    run = ReconcileRun(execution_id=str(uuid7()), registry=body.registry)
    services().messenger.send("reconcile", run)
    return ReconcileRequested(execution_id=run.execution_id, correlation_id=run.correlation_id)


@router.delete(
    "/v1/images/<digest>",
    tags=["images"],
    summary="Delete the analysis of an image",
    description="The registry keeps the image; the archive keeps its bundle, if there is one.",
    operation_id="deleteImage",
    status_code=ACCEPTED,
)
def delete_image(digest: Digest, revision: Revision = None) -> TransitionRequested:
    """Ask for a deletion."""
    return _move(digest, Transition.DELETE_IMAGE, revision)


@router.post(
    "/v1/images/<digest>/archive",
    tags=["archives"],
    summary="Move the analysis of an image to the archive",
    operation_id="archiveImage",
    status_code=ACCEPTED,
)
def archive(digest: Digest, revision: Revision = None) -> TransitionRequested:
    """Ask for archiving."""
    return _move(digest, Transition.ARCHIVE, revision)


@router.post(
    "/v1/archives/<digest>/restore",
    tags=["archives"],
    summary="Bring an archived analysis back",
    description="Byte for byte. From a cold storage class it takes hours.",
    operation_id="restoreImage",
    status_code=ACCEPTED,
)
def restore(digest: Digest, revision: Revision = None) -> TransitionRequested:
    """Ask for a restore."""
    return _move(digest, Transition.RESTORE, revision)


@router.post(
    "/v1/archives/<digest>/cancel",
    tags=["archives"],
    summary="Cancel a move into or out of the archive",
    description="As long as it has not been carried out.",
    operation_id="cancelTransition",
    status_code=ACCEPTED,
)
def cancel(digest: Digest) -> TransitionRequested:
    """Ask for an end of what is under way."""
    return _move(digest, Transition.CANCEL, None)


@router.post(
    "/v1/archives/<digest>/resume",
    tags=["archives"],
    summary="Take up a move into or out of the archive that has stopped",
    description="At once, however young it is, and what it left to clean up. A schedule does it after 20 minutes. "
    "Nothing happens where nothing is left to do.",
    operation_id="resumeTransition",
    status_code=ACCEPTED,
)
def resume(digest: Digest) -> Resumed:
    """Ask for what is under way to go on."""
    if not services().database.run(lambda cursor: states(cursor, digest)):
        raise ArchiveUnknown(digest=digest)
    # To archive, a run with the place of a bundle is about what is under way with its image.
    run = ScheduledRun(job="archive-continue", execution_id=str(uuid7()), cursor=f"bundles/{digest}/")
    services().messenger.send("archive", run)
    return Resumed(digest=digest, correlation_id=run.correlation_id)


@router.delete(
    "/v1/archives/<digest>",
    tags=["archives"],
    summary="Delete an analysis from the archive",
    operation_id="deleteArchive",
    status_code=ACCEPTED,
)
def delete_archive(digest: Digest, revision: Revision = None) -> TransitionRequested:
    """Ask for a deletion from the archive."""
    return _move(digest, Transition.DELETE_ARCHIVE, revision)


def _move(digest: str, transition: Transition, revision: int | None) -> TransitionRequested:
    """Send a request that can be carried out as things stand; archive looks again when it does.

    Raises `ImageUnknown`, `ArchiveUnknown`, `TransitionConflict`.
    """
    found = services().database.run(lambda cursor: states(cursor, digest))
    concerned = [state for state in found if transition in state.moves]
    if not concerned:
        raise (ImageUnknown if transition in _OF_IMAGES else ArchiveUnknown)(digest=digest)
    state = next((state for state in concerned if state.moves[transition]), None)
    if state is None:
        raise TransitionConflict(digest=digest, transition=transition.value, reason=f"it is {concerned[0].status}")
    if revision not in (None, state.revision):
        reason = f"its revision is {state.revision} by now"
        raise TransitionConflict(digest=digest, transition=transition.value, reason=reason)
    request = TransitionRequest(
        image=digest,
        transition=transition,
        request_id=uuid7(),
        revision=revision,
        requested_by=caller(router.current_event.raw_event),
    )
    services().messenger.send("archive", request)
    return TransitionRequested(digest=digest, transition=transition, request_id=request.request_id)
