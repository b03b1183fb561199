"""The documents of an image's analysis as routes give them: found, known by their SHA-256, page by page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import orjson
from aws_lambda_powertools.event_handler import Response, content_types

from api.analyses import StoredAnalysis
from api.answers import ROWS, etag_of, not_modified, unchanged
from api.queries.analyses import AnalysisName, analysis_of
from api.queries.paging import make_cursor, read_cursor
from api.services import Services
from cargohold.errors import InvalidQuery, ObjectNotFound

Row = TypeVar("Row")

MOST_ROWS = 5_000  # of a page
DEFAULT_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Opened:
    """An analysis, and how the image is called."""

    name: AnalysisName
    analysis: StoredAnalysis

    def etag(self, document: str, *more: str) -> str:
        """Return the entity tag of what is made of one document, and of nothing else but `more`."""
        for entry in self.analysis.analysis.documents:
            if entry.document == document:
                return etag_of(entry.sha256, *more)
        return etag_of(self.name.sha256, document, *more)


def open_analysis(services: Services, digest: str) -> Opened:
    """Open the analysis of an image, its head verified. Raises `ImageUnknown`, `ObjectCorrupt`, `StoreUnavailable`."""
    name = services.database.run(lambda cursor: analysis_of(cursor, digest))
    try:
        return Opened(name, StoredAnalysis(services.store, digest, name.analysis_id, name.sha256))
    except ObjectNotFound:
        # Archived, or analyzed anew, between the two looks: the second one tells which.
        again = services.database.run(lambda cursor: analysis_of(cursor, digest))
        if again.analysis_id == name.analysis_id:
            raise
        return Opened(again, StoredAnalysis(services.store, digest, again.analysis_id, again.sha256))


def page_of(
    request_headers: dict[str, str],
    opened: Opened,
    document: str,
    rows: Iterable[Row],
    *,
    limit: int,
    after: str | None,
    keep: Callable[[Row], bool] = lambda _: True,
    shown: Callable[[Row], Any] = lambda row: row,
) -> Response[Any]:
    """Return a page of the rows of a document that `keep` wants, each as `shown` makes it.

    A page ends where its bytes would be too many. Raises `InvalidQuery`, also for a cursor of an
    analysis that the image no longer has.
    """
    start = _start(opened.name.analysis_id, document, after)
    etag = opened.etag(document)
    if unchanged(request_headers, etag):
        return not_modified(etag)
    items: list[bytes] = []
    size, following = 0, None
    for index, row in enumerate(rows):
        if index < start or not keep(row):
            continue
        item = orjson.dumps(shown(row))
        size += len(item)
        if len(items) == limit or (items and size > ROWS):
            following = make_cursor(document, [str(opened.name.analysis_id), index])
            break
        items.append(item)
    body = b'{"items":[%b],"next":%b}' % (b",".join(items), orjson.dumps(following))
    return Response(
        200, content_types.APPLICATION_JSON, body.decode(), {"ETag": etag, "Cache-Control": "private, no-cache"}
    )


def _start(analysis_id: UUID, document: str, after: str | None) -> int:
    key = read_cursor(after, document, UUID, int)
    if key is None:
        return 0
    if key[0] != analysis_id:
        raise InvalidQuery(reason="the image was analyzed anew since; begin with the first page")
    return int(key[1])
