"""Who is let in by `cargohold serve`, and what a request becomes."""

import importlib
import io
import json
from typing import Any

import pytest

from cargohold.errors import InvalidConfiguration
from cargohold_cli.main import parser_of
from cargohold_cli.web import Application, event_of

TOKEN = "a-token-for-the-tests"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that handlers got; they answer 204."""
    events: list[Any] = []

    def handle(event: Any, context: Any) -> dict[str, Any]:
        assert context.aws_request_id == event["requestContext"]["requestId"]
        events.append(event)
        return {"statusCode": 204, "headers": {"X-Test": "yes"}}

    for module in ("api.handler", "intake.handler"):
        monkeypatch.setattr(importlib.import_module(module), "handle", handle)
    return events


def environment(
    path: str, *, method: str = "GET", query: str = "", body: bytes = b"", **headers: str
) -> dict[str, Any]:
    base = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:8087", "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    return base | {f"HTTP_{name.upper()}": value for name, value in headers.items()}


def ask(application: Application, asked: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    started: list[Any] = []
    body = b"".join(application(asked, lambda status, headers: started.append((status, dict(headers)))))
    return int(started[0][0][:3]), started[0][1], body


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, 204),
        ({"authorization": f"bearer  {TOKEN} "}, 204),
        ({"authorization": f"Bearer {TOKEN}", "host": "build.example", "origin": "https://build.example"}, 204),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"authorization": "Bearer ümlaut"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({}, 401),
    ],
)
def test_with_a_token_who_has_it_is_let_in(seen: list[Any], headers: dict[str, str], expected: int) -> None:
    assert ask(Application(TOKEN), environment("/v1/images", **headers))[0] == expected
    assert len(seen) == (expected == 204)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 204),
        ({"host": "localhost"}, 204),
        ({"host": "[::1]:8087"}, 204),
        ({"host": "rebound.example:8087"}, 401),
        ({"host": "127.0.0.1.rebound.example"}, 401),
        ({"host": ""}, 401),
        ({"origin": "http://evil.example"}, 401),
        ({"origin": "null"}, 401),
    ],
)
def test_without_one_this_machine_is_let_in_and_no_web_page(
    seen: list[Any], headers: dict[str, str], expected: int
) -> None:
    status, answered, body = ask(Application(), environment("/v1/images", **headers))
    assert status == expected
    if expected == 401:
        assert json.loads(body)["code"] == "unauthenticated"
        assert answered["Content-Type"] == "application/problem+json"
    else:
        assert answered["X-Test"] == "yes"


def test_hooks_have_their_tokens_in_their_paths(seen: list[Any]) -> None:
    asked = environment("/hooks/local/token", method="POST", body=b"{}", host="registry.example")
    assert ask(Application(TOKEN), asked)[0] == 204
    (event,) = seen
    assert (event["rawPath"], event["body"], event["isBase64Encoded"]) == ("/hooks/local/token", "e30=", True)


@pytest.mark.parametrize(("method", "path"), [("GET", "/hooks/a/b"), ("GET", "/"), ("POST", "/v2/"), ("GET", "/v1")])
def test_there_is_nothing_else(seen: list[Any], method: str, path: str) -> None:
    status, _, body = ask(Application(), environment(path, method=method))
    assert (status, json.loads(body)["code"]) == (404, "route_unknown")
    assert seen == []


def test_an_event_is_as_api_gateway_sends_it() -> None:
    event = event_of(
        environment("/v1/images/sha256:\xc3\xbc x%", query="a=1&b=%26&a=2&c=", if_none_match='"x"')
        | {"CONTENT_TYPE": "t/x"}
    )
    assert event["rawPath"] == "/v1/images/sha256:%C3%BC%20x%25"
    assert event["rawQueryString"] == "a=1&b=%26&a=2&c="
    assert event["queryStringParameters"] == {"a": "1,2", "b": "&", "c": ""}
    assert event["headers"] == {"host": "127.0.0.1:8087", "if-none-match": '"x"', "content-type": "t/x"}
    assert event["requestContext"]["http"]["method"] == "GET"
    assert event["version"] == "2.0"


@pytest.mark.parametrize(
    ("options", "token"),
    [(["--host", "0.0.0.0"], ""), (["--host", "::"], ""), ([], "short")],  # noqa: S104
)
def test_nobody_is_served_by_mistake(options: list[str], token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARGOHOLD_TOKEN", token)
    given = parser_of("serve").parse_args(options)
    with pytest.raises(InvalidConfiguration, match="CARGOHOLD_TOKEN"):
        given.run(given)
