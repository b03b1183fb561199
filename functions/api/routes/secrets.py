"""Secrets across the fleet: where they stand, never what they are."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from api.answers import Listing, listing
from api.parameters import After, DigestQuery, Limit, text
from api.queries.paging import DEFAULT_LIMIT
from api.queries.secrets import SecretFilter, list_secrets
from api.queries.views import SecretView
from api.routing import new_router
from api.services import services

router = new_router()


@router.get(
    "/v1/secrets",
    tags=["secrets"],
    summary="List secrets",
    description="Of the image that was known last first, or of one image.",
    operation_id="listSecrets",
)
def secrets(
    image: DigestQuery = None,
    rule: Annotated[str | None, text("id of the rule: private-key, github-pat, ...")] = None,
    severity: Annotated[
        Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"] | None, Query(description="at least this severe")
    ] = None,
    digest: Annotated[str | None, text("this value, by the digest that findings of it have")] = None,
    visible: Annotated[bool | None, Query(description="only visible ones, or only hidden ones")] = None,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[SecretView]:
    """List secrets."""
    wanted = SecretFilter(rule, severity, digest, visible)
    return listing(
        services().database.run(lambda cursor: list_secrets(cursor, wanted, image=image, limit=limit, after=after))
    )
