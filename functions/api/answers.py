"""Answers within what Lambda can return (6 MB), and known again by their ETag.

A body is Base64 or JSON inside of JSON on its way out, so what is rendered is cut at 4 MiB: it comes
compressed where the client takes gzip, or in parts by `Range`. The same image gives the same bytes,
so that parts of several requests fit, and `If-Range` tells when they would not.
"""

import re
import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Generic, TypeVar

import orjson
from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict

from api.queries.paging import Page
from cargohold.errors import AnswerTooLarge, RangeNotSatisfiable

PART = 4 << 20  # bytes of a rendered answer, as sent
ROWS = 5 << 19  # bytes of a page of rows, which may grow by the escapes of JSON
MOST = 6_000_000  # characters of any answer

Item = TypeVar("Item")

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


class Listing(BaseModel, Generic[Item]):
    """A page. `next` is the `after` of the page that follows, null on the last."""

    model_config = ConfigDict(defer_build=True)  # a request needs one of the twenty that there are

    items: tuple[Item, ...]
    next: str | None = None


def listing(page: Page[Item]) -> Listing[Item]:
    """Return a page of a query as it is answered."""
    return Listing.model_construct(items=page.items, next=page.next)


def plain(value: Any) -> str:
    """Return views and rows as JSON."""
    return orjson.dumps(value).decode()


def etag_of(*inputs: str) -> str:
    """Return the entity tag of what `inputs` determine."""
    return f'"{sha256(chr(0).join(inputs).encode()).hexdigest()[:40]}"'


def unchanged(headers: Mapping[str, str], etag: str) -> bool:
    """Tell whether `If-None-Match` names `etag` (RFC 9110, 13.1.2: compared weakly)."""
    given = headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return given.strip() == "*" or bool({etag, _compressed(etag)} & tags)


def not_modified(etag: str) -> Response[Any]:
    """Return the answer that the client has already."""
    return Response(304, headers=_headers(etag))


def rendered(headers: Mapping[str, str], etag: str, media_type: str, parts: Iterable[bytes]) -> Response[Any]:
    """Return what `parts` yield: whole, compressed, or the range that is asked for.

    `headers` are the request's, names in lower case. Raises `AnswerTooLarge` and `RangeNotSatisfiable`.
    """
    more = _headers(etag)
    wanted = _RANGE.fullmatch(headers.get("range", "").strip())
    if wanted is not None and headers.get("if-range", etag) == etag:
        return _ranged(wanted, media_type, more, parts)
    if accepts_gzip(headers.get("accept-encoding", "")):
        more |= {"Content-Encoding": "gzip", "ETag": _compressed(etag)}
        # Without a time, so that the same image gives the same bytes in this form too.
        packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        parts = _packed(packer, parts)
    return _binary(200, media_type, _whole(parts), more)


def accepts_gzip(header: str) -> bool:
    """Tell whether `Accept-Encoding` allows gzip (RFC 9110, 12.5.3)."""
    for item in header.lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(?:\.0*)?\s*", weight)
    return False


def conditional(event: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer to a GET with an entity tag of its body, or 304 when the client has it already."""
    method = ((event.get("requestContext") or {}).get("http") or {}).get("method")
    headers = answer.setdefault("headers", {})
    if method != "GET" or answer["statusCode"] != 200 or "ETag" in headers:
        return answer
    headers |= {"ETag": etag_of(answer["body"]), "Cache-Control": "private, no-cache"}
    given = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if not unchanged(given, headers["ETag"]):
        return answer
    kept = {name: headers[name] for name in ("ETag", "Cache-Control")}
    return {"statusCode": 304, "headers": kept, "body": "", "isBase64Encoded": False}


def bounded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that Lambda can return; raise `AnswerTooLarge` for another."""
    if len(answer.get("body") or "") > MOST:
        raise AnswerTooLarge(limit=MOST)
    return answer


def _binary(status: int, media_type: str, body: bytes, headers: dict[str, str]) -> Response[Any]:
    # In Base64 here and not by powertools, whose validation of answers would make text of bytes before.
    answer: Response[Any] = Response(status, media_type, b64encode(body).decode(), headers)
    answer.base64_encoded = True
    return answer


def _packed(packer: Any, parts: Iterable[bytes]) -> Iterable[bytes]:
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()


def _whole(parts: Iterable[bytes]) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > PART:
            raise AnswerTooLarge(limit=PART)
    return bytes(body)


def _ranged(wanted: re.Match[str], media_type: str, more: dict[str, str], parts: Iterable[bytes]) -> Response[Any]:
    """Return the part that is asked for, or as much of its beginning as an answer holds (RFC 9110, 15.3.7)."""
    first, last, suffix = wanted.groups()
    start = int(first) if first is not None else 0
    end = min(int(last) + 1 if last else start + PART, start + PART)
    body, tail, size = bytearray(), bytearray(), 0
    keep = min(int(suffix), PART) if suffix else 0
    for part in parts:
        if first is not None:
            body += part[max(0, start - size) : max(0, end - size)]
        else:
            tail += part
            del tail[: max(0, len(tail) - keep)]
        size += len(part)
    if first is None:
        body, start = tail, size - len(tail)
    if not body:
        raise RangeNotSatisfiable(range=wanted.group(), size=size)
    more |= {"Content-Range": f"bytes {start}-{start + len(body) - 1}/{size}"}
    return _binary(206, media_type, bytes(body), more)


def _compressed(etag: str) -> str:
    return f'{etag[:-1]}-gzip"'


def _headers(etag: str) -> dict[str, str]:
    return {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding",
    }
