"""The functions that answer HTTP, behind one WSGI application (PEP 3333) as they are behind API Gateway in AWS.

`/hooks/…` is the hook's, whose tokens are in its paths. `/v1/…` is the API's, where a bearer token takes
the place of IAM. Without a token a request must be for this machine by name and from no web page, or any
page that is open in a browser could ask.
"""

import hmac
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import uuid4

from cargohold.errors import CargoholdError, RouteUnknown, Unauthenticated
from cargohold.telemetry import metrics
from cargohold_cli.worker import Context

LOOPBACK = ("127.0.0.1", "::1", "localhost")

Environment = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
_SAFE = "/:@!$&'()*+,;=~-._"  # of a path, RFC 3986, 3.3


class Application:
    """The WSGI application. Requests take turns: a handler answers one at a time, as in Lambda."""

    def __init__(self, token: str = "") -> None:
        self._token = token
        self._turn = threading.Lock()

    def __call__(self, environment: Environment, start: Start) -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(event_of(environment))
        body = answer.get("body") or ""
        content = b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        status = HTTPStatus(answer["statusCode"])
        headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
        start(f"{status.value} {status.phrase}", [*headers, ("Content-Length", str(len(content)))])
        return [content]

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        path = event["rawPath"]
        context = Context("api", event["requestContext"]["requestId"])
        if path.startswith("/hooks/") and event["requestContext"]["http"]["method"] in ("POST", "OPTIONS"):
            return self._handled("intake", event, context)
        if not path.startswith("/v1/"):
            return _problem(RouteUnknown(path=path), event)
        if not self._admits(event["headers"]):
            return _problem(Unauthenticated(), event)
        return self._handled("api", event, context)

    def _handled(self, function: str, event: dict[str, Any], context: Context) -> dict[str, Any]:
        handler = import_module(f"{function}.handler")
        with self._turn:
            answer: dict[str, Any] = handler.handle(event, context)
            metrics.clear_metrics()  # as the worker does
        return answer

    def _admits(self, headers: dict[str, str]) -> bool:
        if self._token:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            same = hmac.compare_digest(given.strip().encode(), self._token.encode())
            return same and scheme.lower() == "bearer"
        host = headers.get("host", "")
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return name in LOOPBACK and "origin" not in headers


def event_of(environment: Environment) -> dict[str, Any]:
    """Return a request as the event that an HTTP API sends."""
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in environment.items() if name.startswith("HTTP_")
    }
    if environment.get("CONTENT_TYPE"):
        headers["content-type"] = environment["CONTENT_TYPE"]
    size = int(environment.get("CONTENT_LENGTH") or 0)
    body = environment["wsgi.input"].read(size) if size else b""
    # The server has decoded the path, and says bytes as Latin-1.
    path = quote(environment.get("PATH_INFO", "").encode("latin-1"), safe=_SAFE)
    url = f"{path}?{environment['QUERY_STRING']}" if environment.get("QUERY_STRING") else path
    return http_event(environment["REQUEST_METHOD"], url, headers, body)


def http_event(method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return a request in the payload format 2.0 of API Gateway's HTTP APIs."""
    raw, _, query = path.partition("?")
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw,
        "rawQueryString": query,
        "queryStringParameters": parameters,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "requestId": str(uuid4()),
            "stage": "$default",
            "http": {"method": method, "path": raw, "sourceIp": "127.0.0.1", "protocol": "HTTP/1.1", "userAgent": ""},
        },
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def _problem(error: CargoholdError, event: dict[str, Any]) -> dict[str, Any]:
    from api.problems import answer

    told = answer(error, event["requestContext"]["requestId"])
    return {"statusCode": told.status_code, "headers": told.headers, "body": told.body}
