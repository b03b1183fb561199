"""How the system is, and how much there is; and this API's own description."""

from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types
from pydantic import BaseModel

from api.openapi import text
from api.queries.usage import Usage, usage
from api.routing import new_router
from api.services import services
from cargohold import __version__
from cargohold.database.connection import Cursor

router = new_router()
TAG = ["status"]


class Status(BaseModel):
    """The API answers, and so does the database."""

    version: str
    database: str


@router.get(
    "/v1/status",
    tags=TAG,
    summary="Tell whether the API works",
    description="503 while the database sleeps; the question wakes it.",
    operation_id="getStatus",
)
def status() -> Status:
    """Ask the database for a sign of life."""

    def work(cursor: Cursor) -> None:
        cursor.execute("SELECT 1")

    services().database.run(work)
    return Status(version=__version__, database="available")


@router.get(
    "/v1/usage",
    tags=TAG,
    summary="Count what there is",
    description="Images, archives, references, packages, and bytes.",
    operation_id="getUsage",
)
def figures() -> Usage:
    """Count."""
    return services().database.run(usage)


@router.get(
    "/v1/openapi.json",
    tags=TAG,
    summary="Get the description of this API",
    description="OpenAPI 3.1.",
    operation_id="getOpenapi",
    responses={200: {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}},
)
def description() -> Response[Any]:
    """Describe the API."""
    return Response(200, content_types.APPLICATION_JSON, text())
