"""What is different between two images."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from api.parameters import DIGEST, ScopeName, scopes
from api.queries.diff import diff_images
from api.queries.views import ImageDiff
from api.routing import new_router
from api.services import services

router = new_router()


@router.get(
    "/v1/differences",
    tags=["images"],
    summary="Compare two images",
    description="Packages that were added, removed, upgraded or downgraded, and the layers that both have.",
    operation_id="compareImages",
)
def differences(
    first: Annotated[str, Query(pattern=DIGEST, description="digest of the image to start from")],
    second: Annotated[str, Query(pattern=DIGEST, description="digest of the image to compare with it")],
    scope: ScopeName = "visible",
) -> ImageDiff:
    """Compare."""
    return services().database.run(lambda cursor: diff_images(cursor, first, second, scopes=scopes(scope)))
