"""HTTP to a deployed API: addresses, authorisation, patience with a database that wakes, and errors by their code.

Requests are signed with the credentials that AWS's tools find (SigV4, service `execute-api`), unless
CARGOHOLD_TOKEN is set, which then is the bearer token of a `cargohold serve` somewhere.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import orjson
import urllib3
from pydantic import BaseModel, TypeAdapter

from api.queries.paging import Page
from cargohold import errors
from cargohold_cli.output import say
from cargohold_cli.signing import signed
from cargohold_cli.web import LOOPBACK

View = TypeVar("View")
Parts = Iterator[bytes]

# It would log the addresses that stores are read at.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

PART = 4 << 20  # bytes asked for at a time where an answer is too large
PATIENCE = 12  # tries while the database wakes
_TIMES = urllib3.Timeout(connect=10, read=35)
REFERRED = 307
_GOOD = (200, 201, 202, 206, REFERRED)


@cache
def connect(endpoint: str) -> "Client":
    """Return a client of the API at `endpoint`, whose connections are kept."""
    return Client(endpoint)


class Client:
    """Asks one API. Raises the errors that the API names, and `EndpointFailed`."""

    def __init__(self, endpoint: str) -> None:
        address = urlsplit(endpoint)
        self._endpoint = endpoint.rstrip("/")
        self._token = os.environ.get("CARGOHOLD_TOKEN", "")
        self._here = address.hostname in LOOPBACK
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
            raise errors.InvalidConfiguration(setting="--endpoint", reason=f"{endpoint!r} is no http(s) address")
        if address.scheme == "http" and not self._here:
            raise errors.InvalidConfiguration(setting="--endpoint", reason="what is not on this machine needs https")
        self._pool = urllib3.PoolManager(timeout=_TIMES, retries=False)

    def page(self, path: str, view: type[View], /, **parameters: Any) -> Page[View]:
        """Return a page of a list."""
        found = self.json(path, **parameters)
        return Page(self._read(tuple[view, ...], found.get("items")), found.get("next"))  # type: ignore[valid-type]

    def every(self, path: str, view: type[View], /, **parameters: Any) -> Iterator[View]:
        """Yield the items of all pages."""
        after: str | None = None
        while True:
            page = self.page(path, view, **parameters, after=after)
            yield from page.items
            after = page.next
            if after is None:
                return

    def one(self, path: str, view: type[View], /, **parameters: Any) -> View:
        """Return what an answer says."""
        found: View = self._read(view, self.json(path, **parameters))
        return found

    def send(self, method: str, path: str, view: type[View], body: Any = None, /, **parameters: Any) -> View:
        """Ask for a change, and return what the answer says of it."""
        found: View = self._read(view, self._object(self._ask(method, path, parameters, {}, body)))
        return found

    def upload(self, path: str, content: bytes) -> None:
        """Put bytes where the API takes them."""
        self._ask("PUT", path, {}, {"Content-Type": "application/octet-stream"}, content)

    def json(self, path: str, /, **parameters: Any) -> dict[str, Any]:
        """Return the object that an answer is."""
        return self._object(self._ask("GET", path, parameters, {}))

    def bytes(self, path: str, /, **parameters: Any) -> Parts:
        """Yield an answer of any size: compressed, or in parts of one and the same."""
        try:
            yield self._ask("GET", path, parameters, {"Accept-Encoding": "gzip"}).data
        except errors.AnswerTooLarge:
            yield from self._in_parts(path, parameters)

    def stored(self, path: str, size: int) -> Parts:
        """Yield the `size` bytes of an object: of its store where the API refers to it, else of the API."""
        found: Parts | None = None
        with suppress(errors.AnswerTooLarge):
            answer = self._ask("GET", path, {}, {})
            found = (
                self._at_store(answer.headers["Location"], size) if answer.status == REFERRED else iter([answer.data])
            )
        yield from found or self._in_parts(path, {})

    def _in_parts(self, path: str, parameters: dict[str, Any]) -> Parts:
        start, size, etag = 0, 1, ""
        while start < size:
            headers = {"Range": f"bytes={start}-{start + PART - 1}"} | ({"If-Range": etag} if etag else {})
            answer = self._ask("GET", path, parameters, headers)
            etag = answer.headers.get("ETag", "")
            size = int(answer.headers.get("Content-Range", "").rpartition("/")[2] or 0)
            start += len(answer.data)
            if answer.status != 206 or not answer.data:
                raise errors.EndpointFailed(
                    endpoint=self._endpoint, reason="the image was analyzed anew meanwhile; try again"
                ) from None
            yield answer.data

    def _at_store(self, address: str, size: int) -> Parts | None:
        """Ask a store, without what authorises us to the API; None when it cannot be had there."""
        parts = urlsplit(address)
        if parts.scheme != "https" and not (self._here and parts.hostname in LOOPBACK):
            raise errors.EndpointFailed(endpoint=self._endpoint, reason="it refers to an address without TLS")
        try:
            answer = self._pool.request(
                "GET", address, headers={"Range": f"bytes=0-{size - 1}"}, redirect=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError:
            return None  # a network may have a way to the API and none to the store
        if answer.status not in (200, 206):
            answer.drain_conn()
            return None
        return self._of_store(answer, size)

    def _of_store(self, answer: Any, size: int) -> Parts:
        try:
            for part in answer.stream(1 << 20, decode_content=False):
                yield part[:size]
                size -= len(part[:size])
        except urllib3.exceptions.HTTPError as error:
            # The address is in the message of the library's error.
            raise errors.EndpointFailed(endpoint=self._endpoint, reason=type(error).__name__) from None
        finally:
            answer.close()

    def _read(self, kind: Any, value: Any) -> Any:
        try:
            return TypeAdapter(kind).validate_python(value)
        except ValueError as error:  # a newer release may answer otherwise
            raise errors.EndpointFailed(endpoint=self._endpoint, reason=str(error).splitlines()[0]) from None

    def _object(self, answer: Any) -> dict[str, Any]:
        try:
            found = orjson.loads(answer.data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise errors.EndpointFailed(endpoint=self._endpoint, reason="the answer is no JSON object")
        return found

    def _ask(
        self, method: str, path: str, parameters: dict[str, Any], headers: dict[str, str], body: Any = None
    ) -> Any:
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        url = self._endpoint + quote(path, safe="/:@")
        if given:
            url += "?" + urlencode(given, quote_via=quote)
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        if content is not None:
            headers = {"Content-Type": "application/json"} | headers
        for attempt in range(1, PATIENCE + 1):
            try:
                answer = self._pool.request(
                    method, url, body=content, headers=self._authorized(method, url, headers, content), redirect=False
                )
            except urllib3.exceptions.HTTPError as error:
                raise errors.EndpointFailed(endpoint=self._endpoint, reason=type(error).__name__) from error
            if answer.status != 503 or attempt == PATIENCE:
                break
            if attempt == 1:
                say("waiting for the database to wake")
            time.sleep(min(float(_digits(answer.headers.get("Retry-After"))), 30))
        if answer.status not in _GOOD:
            raise self._error(answer)
        return answer

    def _authorized(self, method: str, url: str, headers: dict[str, str], content: Any) -> dict[str, str]:
        if self._token:
            return headers | {"Authorization": f"Bearer {self._token}"}
        return headers if self._here else signed(method, url, headers, content)

    def _error(self, answer: Any) -> errors.CargoholdError:
        """Return the error that a problem names, with the message that it came with."""
        try:
            found = Told.model_validate_json(answer.data)
        except ValueError:
            return errors.EndpointFailed(endpoint=self._endpoint, reason=f"HTTP status {answer.status}")
        return self.error_of(found.code, found.detail)

    def error_of(self, code: str, message: str) -> errors.CargoholdError:
        """Return the error of a code, with the message that it came with."""
        kind = CODES.get(code)
        if kind is None:
            return errors.EndpointFailed(endpoint=self._endpoint, reason=message)
        error = kind.__new__(kind, message)
        error.fields = {}
        return error


class Told(BaseModel):
    """What is needed of a problem."""

    code: str
    detail: str


CODES: dict[str, type[errors.CargoholdError]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.CargoholdError)
}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _digits(value: str | None) -> str:
    return value if value is not None and value.isdecimal() else "5"
