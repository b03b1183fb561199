"""Packages across the fleet, the images that have them, and since when."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from api.answers import Listing, listing
from api.parameters import After, Limit, ScopeName, of_packages, scopes
from api.queries.fleet import images_with_packages
from api.queries.packages import PackageFilter, search_packages
from api.queries.paging import DEFAULT_LIMIT
from api.queries.seen import Sighting, seen
from api.queries.views import ImageMatch, PackageView
from api.routing import new_router
from api.services import services

router = new_router()
TAG = ["packages"]


@router.get(
    "/v1/packages",
    tags=TAG,
    summary="Search packages",
    description="The packages of the fleet by name, with when each was seen first and last.",
    operation_id="searchPackages",
)
@of_packages
def search(
    asked: PackageFilter,
    scope: ScopeName = "visible",
    include: Annotated[
        Literal["archived"] | None,
        Query(description="all that were ever seen, in any scope, also in images that are archived or gone"),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[PackageView]:
    """Search packages."""
    return listing(
        services().database.run(
            lambda cursor: search_packages(
                cursor,
                asked,
                scopes=scopes(scope),
                include_archived=include == "archived",
                limit=limit,
                after=after,
            )
        )
    )


@router.get(
    "/v1/packages/images",
    tags=TAG,
    summary="List the images that have a package",
    description="And which of them, the newest image first. One of name, purl, source and contains is needed.",
    operation_id="listImagesWithPackages",
)
@of_packages
def images(
    asked: PackageFilter,
    scope: ScopeName = "visible",
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[ImageMatch]:
    """List images with packages."""
    return listing(
        services().database.run(
            lambda cursor: images_with_packages(cursor, asked, scopes=scopes(scope), limit=limit, after=after)
        )
    )


@router.get(
    "/v1/packages/seen",
    tags=TAG,
    summary="Tell when packages were seen first and last",
    description="By any analysis, also of images that are archived or gone. One of name, purl, source and contains "
    "is needed.",
    operation_id="seenPackages",
)
@of_packages
def sighting(asked: PackageFilter) -> Sighting:
    """Tell when packages were seen."""
    return services().database.run(lambda cursor: seen(cursor, asked))
