"""Credentials go to registries, and to nothing that people read: not to logs, messages, errors or their causes."""

import base64
import json
import logging
import traceback
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness.misbehaving import Reply, Request, serving

from cargohold.errors import CargoholdError
from cargohold.registry.client import RegistryClient
from cargohold.registry.document import Registry, parse_registries
from cargohold.registry.listing import Listing
from cargohold.registry.patience import Patience

# Long and unlike anything else, so that finding one means that it leaked.
secrets = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).map(
    lambda text: f"hunter2-{text}-secret"
)


def forms(*values: str) -> list[str]:
    """Return how a secret could show up."""
    found = []
    for value in values:
        encoded = base64.b64encode(value.encode()).decode()
        found += [value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value), quote(value, safe=""), encoded]
    return found


def said(error: BaseException) -> str:
    """Return all that an error says anywhere, with its causes."""
    shown = []
    seen: BaseException | None = error
    while seen is not None:
        shown += [str(seen), repr(seen), str(getattr(seen, "fields", ""))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(shown) + "".join(traceback.format_exception(error))


def nasty(statuses: list[int], secret: str) -> Any:
    """Answer with each status in turn, and with whatever was sent, in every place where an answer can hold it."""
    left = list(statuses)

    def answer(request: Request) -> Reply:
        status = left.pop(0) if left else 403
        sent = request.headers.get("authorization", "") + request.body.decode(errors="replace") + request.path
        errors = [{"code": sent[:200], "message": f"{sent} {secret}", "detail": sent}]
        content = json.dumps({"errors": errors, "token": 7, "tags": secret}).encode()
        challenge = f'Bearer realm="http://{request.headers["host"]}/token?x={quote(sent[:200], safe="")}",service="s"'
        headers = {"WWW-Authenticate": challenge if len(left) % 2 else 'Basic realm="x"'}
        if status in (301, 307):
            headers["Location"] = f"http://{request.headers['host']}/elsewhere?signature={quote(sent[:200], safe='')}"
        return Reply(status, content, headers)

    return answer


@given(
    password=secrets,
    identity=st.booleans(),
    statuses=st.lists(st.sampled_from([200, 301, 307, 400, 401, 403, 404, 429, 500]), max_size=6),
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_a_registry_does_nothing_shows_what_it_was_sent(
    password: str, identity: bool, statuses: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    name = "identity_token" if identity else "password"
    leaks = forms(password, f"user:{password}")
    with serving(nasty(statuses, "echo")) as server, caplog.at_level(logging.DEBUG):
        registry = Registry.model_validate(
            {"host": server.host, "insecure_http": True, "allow_private": True, "username": "user", name: password}
        )
        patience = Patience(attempts=2, sleep=lambda _: None)
        shown = [repr(registry), str(registry), registry.model_dump_json(), str(registry.model_dump())]
        with Listing(registry, patience) as listing, RegistryClient(registry, "team/app", patience) as client:
            for work in (
                listing.ping,
                listing.repositories,
                lambda: listing.tags("team/app"),
                lambda: listing.digest("team/app", "1"),
                lambda: client.manifest("1", 1 << 20),
                lambda: client.blob("sha256:" + "1" * 64, 1, 1 << 20),
            ):
                try:
                    work()
                except CargoholdError as error:
                    shown.append(said(error))
    shown += [caplog.text, *(str(record.__dict__) for record in caplog.records)]
    for leak in leaks:
        assert leak not in "\n".join(shown)


_DOCUMENT = {
    "registries": [
        {
            "name": "example",
            "host": "registry.example.com",
            "username": "user",
            "password": "PLACE",
            "hook": {"kind": "github", "token": "PLACE-of-sixteen-characters", "secret": "PLACE"},
            "reconcile": {"every_days": 1},
        },
        {"host": "other.example.com", "auth": "PLACE"},
    ],
    "auths": {"auths.example.com": {"auth": "PLACE", "identitytoken": "PLACE"}},
    "credHelpers": {"helped.example.com": "ecr-login"},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], by)
    return copy


@given(secret=secrets, data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_wrong_document_shows_no_value_wherever_it_is_wrong(secret: str, data: st.DataObject) -> None:
    wrong = st.sampled_from(
        [secret, [secret], {"x": secret}, 7, None, {"auth": secret}, {secret[:8]: {"auth": secret}}]
    )
    document = replaced(_DOCUMENT, data.draw(st.sampled_from(places(_DOCUMENT))), data.draw(wrong))
    text = json.dumps(document).replace("PLACE", json.dumps(secret)[1:-1])
    cut = data.draw(st.integers(0, len(text)))
    for content in (text, text[:cut], text[cut:]):
        try:
            shown = repr(parse_registries(content))
        except CargoholdError as error:
            shown = said(error)
        for leak in forms(secret):
            assert leak not in shown
