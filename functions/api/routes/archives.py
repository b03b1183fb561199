"""What is in the archive."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BaseModel, ConfigDict, Field

from api import answers
from api.answers import Listing, etag_of, listing, not_modified, rendered, unchanged
from api.links import DESCRIBED, referred
from api.parameters import After, Digest, Limit, text
from api.queries.archives import get_archive, list_archives
from api.queries.paging import DEFAULT_LIMIT
from api.queries.transitions import AuditView, UnderWay, audits, under_way
from api.queries.views import ArchiveView
from api.requests import headers_of
from api.routing import new_router
from api.services import bundles, services
from cargohold.contracts import ScheduledRun
from cargohold.errors import ObjectCorrupt
from cargohold.identifiers import uuid7
from cargohold.lifecycle import ArchiveStatus
from cargohold.objects.store import ObjectInfo

router = new_router()
TAG = ["archives"]
BUNDLE = "application/zstd"  # RFC 8878; docs/bundle.md says what is in it


class Audit(BaseModel):
    """How many bundles to read again, those first that were read longest ago; a share of all unless said."""

    model_config = ConfigDict(extra="forbid")

    sample: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None


class AuditRequested(BaseModel):
    """The message was sent; the list of audits has what it finds, under this id."""

    execution_id: str


@router.get(
    "/v1/archives",
    tags=TAG,
    summary="List archived images",
    description="Those archived last first, by the references that they had.",
    operation_id="listArchives",
)
def list_all(
    registry: Annotated[str | None, text("host of the registry")] = None,
    repository: Annotated[str | None, text("name of the repository")] = None,
    tag: Annotated[str | None, text("tag", length=128)] = None,
    status: Annotated[ArchiveStatus | None, Query(description="its status")] = None,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[ArchiveView]:
    """List archives."""
    return listing(
        services().database.run(
            lambda cursor: list_archives(
                cursor, registry=registry, repository=repository, tag=tag, status=status, limit=limit, after=after
            )
        )
    )


@router.get(
    "/v1/archives/<digest>",
    tags=TAG,
    summary="Get an archived image",
    operation_id="getArchive",
)
def get(digest: Digest) -> ArchiveView:
    """Get one archived image."""
    return services().database.run(lambda cursor: get_archive(cursor, digest))


@router.get(
    "/v1/archives/<digest>/bundle",
    tags=TAG,
    summary="Get the bundle of an archived image",
    description="Byte for byte, as `archives import` takes it. One of more than 4 MiB is at the store, where it can "
    "give an address (307; what follows the bundle's size there is a frame to skip), or had in parts (Range).",
    operation_id="getBundle",
    responses={
        200: {"description": "the bundle", "content": {BUNDLE: {"schema": {}}}},
        206: {"description": "a part of it", "content": {BUNDLE: {"schema": {}}}},
        **DESCRIBED,
    },
)
def bundle(digest: Digest) -> Response[Any]:
    """Get a bundle."""
    view = services().database.run(lambda cursor: get_archive(cursor, digest))
    headers = headers_of(router.current_event.raw_event)
    etag = etag_of(view.bundle_sha256)
    if unchanged(headers, etag):
        return not_modified(etag)
    if view.bundle_size > answers.PART and "range" not in headers:
        _check(view, bundles().head(view.bundle_key))
        if (elsewhere := referred(bundles(), view.bundle_key)) is not None:
            return elsewhere
    with bundles().get(view.bundle_key) as reader:
        _check(view, reader.info)
        return rendered(headers, etag, BUNDLE, reader)


def _check(view: ArchiveView, info: ObjectInfo) -> None:
    if info.sha256 != view.bundle_sha256:
        raise ObjectCorrupt(key=view.bundle_key, expected=view.bundle_sha256, actual=info.sha256)


@router.get(
    "/v1/transitions",
    tags=TAG,
    summary="List what is on its way into or out of the archive",
    description="Also what failed and why, and what an audit found damaged; the longest first.",
    operation_id="listTransitions",
)
def transitions(limit: Limit = DEFAULT_LIMIT) -> Listing[UnderWay]:
    """List transitions."""
    return Listing[UnderWay](items=tuple(services().database.run(lambda cursor: under_way(cursor, limit=limit))))


@router.get(
    "/v1/audits",
    tags=TAG,
    summary="List what audits of bundles found",
    description="The last one first.",
    operation_id="listAudits",
)
def list_audits(limit: Limit = DEFAULT_LIMIT) -> Listing[AuditView]:
    """List audits."""
    return Listing[AuditView](items=tuple(services().database.run(lambda cursor: audits(cursor, limit=limit))))


@router.post(
    "/v1/audits",
    tags=TAG,
    summary="Audit the archive",
    description="Bundles are read to their end again. The list of audits tells how far it is and what it found.",
    operation_id="auditArchives",
    status_code=202,
)
def audit(body: Annotated[Audit, Body()]) -> AuditRequested:
    """Ask for an audit."""
    identifier = str(uuid7())
    message = ScheduledRun(job="archive-audit", execution_id=identifier, sample=body.sample, correlation_id=identifier)
    services().messenger.send("archive", message)
    return AuditRequested(execution_id=identifier)
