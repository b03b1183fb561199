"""References, and what could not be analyzed."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from api.answers import Listing, listing
from api.parameters import After, DigestQuery, Limit, text
from api.queries.paging import DEFAULT_LIMIT
from api.queries.references import ReferenceFilter, list_attempts, list_references
from api.queries.views import AttemptView, ReferenceView
from api.routing import new_router
from api.services import services

router = new_router()


@router.get(
    "/v1/references",
    tags=["references"],
    summary="List references",
    description="Tags and what they point to, by repository. A digest is an image's or, of a multi-platform image, "
    "its index's.",
    operation_id="listReferences",
)
def references(
    registry: Annotated[str | None, text("host of the registry")] = None,
    repository: Annotated[str | None, text("name of the repository")] = None,
    tag: Annotated[str | None, text("tag", length=128)] = None,
    digest: DigestQuery = None,
    removed: Annotated[bool, Query(description="removed ones too")] = False,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[ReferenceView]:
    """List references."""
    wanted = ReferenceFilter(registry, repository, tag, digest, include_removed=removed)
    return listing(services().database.run(lambda cursor: list_references(cursor, wanted, limit=limit, after=after)))


@router.get(
    "/v1/failures",
    tags=["references"],
    summary="List what could not be analyzed",
    description="The last attempt of each reference that did not succeed, newest first. docs/errors.md has the codes.",
    operation_id="listFailures",
)
def failures(
    registry: Annotated[str | None, text("host of the registry")] = None,
    repository: Annotated[str | None, text("name of the repository")] = None,
    every: Annotated[bool, Query(alias="all", description="attempts that succeeded or are at work too")] = False,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[AttemptView]:
    """List failures."""
    return listing(
        services().database.run(
            lambda cursor: list_attempts(
                cursor, failed=not every, registry=registry, repository=repository, limit=limit, after=after
            )
        )
    )
