"""Bytes of an image as they were: its manifest, its config, and files that were kept."""

from base64 import b64decode
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response

from api.answers import not_modified, rendered, unchanged
from api.documents import Opened, open_analysis
from api.parameters import Digest, text
from api.requests import headers_of
from api.routing import new_router
from api.services import services
from cargohold.errors import ContentUnknown

router = new_router()
TAG = ["content"]

BYTES = "application/octet-stream"


def _responses(what: str) -> dict[int, Any]:
    content: dict[str, Any] = {"*/*": {"schema": {}}}
    return {
        200: {"description": what, "content": content},
        206: {"description": f"a part of {what}", "content": content},
    }


@router.get(
    "/v1/images/<digest>/content/manifest",
    tags=TAG,
    summary="Get the manifest of an image",
    description="Byte for byte as the registry served it.",
    operation_id="getManifest",
    responses=_responses("the manifest"),
)
def manifest(digest: Digest) -> Response[Any]:
    """Get the manifest."""
    opened = open_analysis(services(), digest)
    return _document(opened, "manifest", opened.analysis.analysis.media_type or BYTES)


@router.get(
    "/v1/images/<digest>/content/config",
    tags=TAG,
    summary="Get the config of an image",
    description="Byte for byte as the registry served it. A secret in a variable is in it, as it is in the image.",
    operation_id="getConfig",
    responses=_responses("the config"),
)
def config(digest: Digest) -> Response[Any]:
    """Get the config."""
    return _document(open_analysis(services(), digest), "config", "application/vnd.oci.image.config.v1+json")


@router.get(
    "/v1/images/<digest>/content/retrieved/file",
    tags=TAG,
    summary="Get a file that was kept with an analysis",
    operation_id="getRetrieved",
    responses=_responses("the file"),
)
def retrieved(digest: Digest, path: Annotated[str, text("its path", length=4096)]) -> Response[Any]:
    """Get a kept file."""
    opened = open_analysis(services(), digest)
    wanted = "/" + path.lstrip("/")
    for row in opened.analysis.contents() or ():
        if row.path == wanted and row.retrieved:
            return _answer(opened.etag("contents", wanted), BYTES, b64decode(row.content))
    raise ContentUnknown(path=wanted, digest=digest)


def _document(opened: Opened, name: str, media_type: str) -> Response[Any]:
    read = opened.analysis.manifest if name == "manifest" else opened.analysis.config
    return _answer(opened.etag(name), media_type, read())


def _answer(etag: str, media_type: str, body: bytes) -> Response[Any]:
    headers = headers_of(router.current_event.raw_event)
    return not_modified(etag) if unchanged(headers, etag) else rendered(headers, etag, media_type, [body])
