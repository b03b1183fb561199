"""The SBOM of an image in any format, made on request."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.answers import etag_of, not_modified, rendered, unchanged
from api.documents import open_analysis
from api.formats import FORMATS, Request, choose, render
from api.formats.facts.entities import creator as creator_of
from api.formats.facts.links import web
from api.parameters import Digest, ScopeName, text
from api.requests import headers_of
from api.routing import new_router
from api.services import services
from cargohold import __version__
from cargohold.errors import InvalidQuery

router = new_router()

NAMES = tuple(
    name for one in FORMATS.values() for name in (one.name, *(f"{one.name}@{version}" for version in one.versions))
)

if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[NAMES]
MEDIA_TYPES = {
    "table": "text/plain; charset=utf-8",
    "json": "application/json",
    "syft-json": "application/vnd.syft+json",
    "cyclonedx-json": "application/vnd.cyclonedx+json",
    "spdx-json": "application/spdx+json",
    "spdx-tag-value": "text/spdx; charset=utf-8",
}


def _responses() -> dict[int, Any]:
    content: dict[str, Any] = {name.partition(";")[0]: {"schema": {}} for name in MEDIA_TYPES.values()}
    return {
        200: {"description": "The SBOM", "content": content},
        206: {"description": "A part of it", "content": content},
    }


@router.get(
    "/v1/images/<digest>/sbom",
    tags=["sbom"],
    summary="Get the SBOM of an image",
    description="The same image gives the same bytes. Where they are more than 4 MiB they are had compressed "
    "(Accept-Encoding: gzip) or in parts (Range), else the answer is 413.",
    operation_id="getSbom",
    responses=_responses(),
)
def sbom(
    digest: Digest,
    output: Annotated[FormatName, Query(alias="format", description="format, or format@version")] = "syft-json",
    scope: ScopeName = "visible",
    creator: Annotated[str | None, text("e-mail address or http(s) URL of who makes the SBOM", length=320)] = None,
) -> Response[Any]:
    """Render an SBOM."""
    choice = choose(output)
    if creator is not None and creator_of(creator) is None and not web(creator):
        raise InvalidQuery(reason="the creator is neither an e-mail address nor an http(s) URL")
    opened = open_analysis(services(), digest)
    name = opened.name
    wanted = Request(scope=scope, registry=name.registry, repository=name.repository, creator=creator or "")
    headers = headers_of(router.current_event.raw_event)
    etag = etag_of(
        name.sha256,
        __version__,
        choice.format.name,
        choice.version,
        scope,
        name.registry,
        name.repository,
        creator or "",
    )
    if unchanged(headers, etag):
        return not_modified(etag)
    return rendered(headers, etag, MEDIA_TYPES[choice.format.name], render(choice, opened.analysis, wanted))
