"""Documents of an analysis whole, as they are stored: for whoever takes everything and not a page."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from api import answers
from api.answers import not_modified, rendered, unchanged
from api.documents import open_analysis
from api.links import DESCRIBED, referred
from api.parameters import Digest
from api.requests import headers_of
from api.routing import new_router
from api.services import services
from cargohold.errors import DocumentUnknown
from cargohold.objects.store import analysis_key
from cargohold.objects.streams import chunked
from cargohold.objects.wrappers.compressed import compressed

router = new_router()

ZSTANDARD = "application/zstd"  # RFC 8878


@router.get(
    "/v1/images/<digest>/documents/<document>",
    tags=["content"],
    summary="Get a document of an analysis, whole and compressed",
    description="`analysis` lists them, with size and SHA-256 of what `zstd -d` makes of it. One of more than 4 MiB "
    "is at the store, where it can give an address (307), or had in parts (Range).",
    operation_id="getDocument",
    responses={
        200: {"description": "the document", "content": {ZSTANDARD: {"schema": {}}}},
        206: {"description": "a part of it", "content": {ZSTANDARD: {"schema": {}}}},
        **DESCRIBED,
    },
)
def document(
    digest: Digest,
    document: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="packages, files, ...")],
) -> Response[Any]:
    """Get a document."""
    opened = open_analysis(services(), digest)
    listed = {entry.document: entry for entry in opened.analysis.analysis.documents}
    if document not in listed:
        raise DocumentUnknown(digest=digest, document=document, known=", ".join(sorted(listed)))
    headers = headers_of(router.current_event.raw_event)
    etag = opened.etag(document, ZSTANDARD)
    if unchanged(headers, etag):
        return not_modified(etag)
    if listed[document].size > answers.PART and "range" not in headers:
        key = analysis_key(digest, opened.name.analysis_id, document)
        if (elsewhere := referred(services().store, key)) is not None:
            return elsewhere
    as_it_is = headers | {"accept-encoding": "identity"}
    return rendered(as_it_is, etag, ZSTANDARD, compressed(chunked(opened.analysis.content(document))))
