import base64
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from cargohold.contracts import AnalyzeRequest, ReferenceRemoved
from cargohold.errors import StoreUnavailable
from cargohold.registry.document import Registries, parse_registries
from intake.receive import MAX_BODY, MAX_NOTICES, Answer, receive

EVENTS = Path(__file__).parents[3] / "events"
TOKEN, SECRET = "0123456789abcdef0123456789abcdef", "Bearer notification-secret"


class Sent(list[tuple[str, BaseModel]]):
    """The port, as a list."""

    broken = False

    def send(self, queue: str, message: BaseModel, *, delay_seconds: int = 0) -> None:
        if self.broken:
            raise StoreUnavailable(store="queue", reason="throttled")
        self.append((queue, message))

    def publish(self, event: BaseModel) -> None:
        raise AssertionError("intake publishes nothing")


def registries(**more: Any) -> Registries:
    entry = {"name": "example", "host": "registry.example.com", "hook": {"token": TOKEN, "authorization": SECRET}}
    return parse_registries(json.dumps({"registries": [entry | more]}))


def status(*arguments: Any) -> int:
    return receive(*arguments).status


def event(name: str = "push", **more: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / f"distribution-{name}.json").read_text())
    return loaded | more


def test_a_push_goes_to_analyze_and_a_deletion_to_persist() -> None:
    sent = Sent()
    assert status(event("push"), registries(), sent) == 202
    assert status(event("delete"), registries(), sent) == 202
    assert [(queue, type(message)) for queue, message in sent] == [
        ("analyze", AnalyzeRequest),
        ("persist", ReferenceRemoved),
        ("persist", ReferenceRemoved),
    ]


def test_base64_and_the_raw_path_are_read_as_well() -> None:
    sent = Sent()
    body = base64.b64encode(event()["body"].encode()).decode()
    assert status(event(body=body, isBase64Encoded=True, pathParameters=None), registries(), sent) == 202
    assert len(sent) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"pathParameters": {"registry": "other", "token": TOKEN}},
        {"pathParameters": {"registry": "example", "token": TOKEN[:-1]}},
        {"pathParameters": {"registry": "example", "token": ""}},
        {"pathParameters": {"registry": "", "token": ""}},
        {"pathParameters": {}, "rawPath": "/elsewhere"},
        {"headers": {}},
        {"headers": {"authorization": SECRET + " "}},
    ],
)
def test_an_unknown_sender_is_refused_the_same_way_whatever_is_wrong(wrong: dict[str, Any]) -> None:
    sent = Sent()
    assert status(event(**wrong), registries(), sent) == 401
    assert not sent


def test_a_registry_without_a_hook_has_no_token_that_fits() -> None:
    known = registries(hook=None)
    assert status(event(pathParameters={"registry": "example", "token": ""}), known, Sent()) == 401


@pytest.mark.parametrize("body", ["", "no JSON", '{"events": 1}', '{"events": [{"action": "pull"}]}', None, "\ud800"])
def test_a_known_sender_is_never_refused_for_what_it_sends(body: str | None) -> None:
    sent = Sent()
    assert status(event(body=body), registries(), sent) == 202
    assert status(event(body=body, isBase64Encoded=True), registries(), sent) == 202
    assert not sent


def test_a_body_that_is_too_large_is_not_parsed() -> None:
    assert status(event(body="x" * (MAX_BODY + 1)), registries(), Sent()) == 413
    assert status(event(body="A" * (2 * MAX_BODY), isBase64Encoded=True), registries(), Sent()) == 413


def test_repositories_that_are_not_configured_are_uninteresting() -> None:
    sent = Sent()
    assert status(event(), registries(repositories=["other/*"]), sent) == 202
    assert not sent
    assert status(event(), registries(repositories=["other/*", "team/*"]), sent) == 202
    assert len(sent) == 1


def test_the_registry_sends_again_when_the_queue_takes_nothing() -> None:
    sent = Sent()
    sent.broken = True
    assert status(event(), registries(), sent) == 503


@pytest.mark.trap("B22")
def test_no_secret_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        receive(event(body="{"), registries(), Sent())
        receive(event(headers={"authorization": "Bearer wrong-secret"}), registries(), Sent())
    text = caplog.text + str([record.__dict__ for record in caplog.records])
    assert TOKEN not in text
    assert "secret" not in text


def test_event_grid_s_question_is_answered_to_whoever_knows_the_token() -> None:
    asked = json.loads((EVENTS / "acr-event-grid-validation.json").read_text())
    entry = {"name": "azure", "host": "team.azurecr.io"}
    entry["hook"] = {"kind": "acr", "token": TOKEN, "authorization": SECRET}
    known = parse_registries(json.dumps({"registries": [entry]}))
    sent = Sent()
    answer = Answer(200, {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"})
    assert receive(asked, known, sent) == answer
    asked["pathParameters"]["token"] = TOKEN[:-1]
    assert receive(asked, known, sent) == Answer(401)
    pushed = json.loads((EVENTS / "acr-event-grid-push.json").read_text())
    assert receive(pushed, known, sent) == Answer(202)
    assert len(sent) == 1
    assert receive(pushed | {"headers": {"aeg-event-type": "Notification"}}, known, sent) == Answer(401)


def test_event_grid_may_send_cloud_events_when_it_asks_with_the_token() -> None:
    asked = json.loads((EVENTS / "acr-event-grid-cloudevents-validation.json").read_text())
    entry: dict[str, Any] = {"name": "azure", "host": "team.azurecr.io"}
    entry["hook"] = {"kind": "acr", "token": TOKEN, "authorization": SECRET}
    known = parse_registries(json.dumps({"registries": [entry]}))
    permitted = {"webhook-allowed-origin": "eventgrid.azure.net", "webhook-allowed-rate": "*", "allow": "POST"}
    assert receive(asked, known, Sent()) == Answer(200, headers=permitted)
    asked["pathParameters"]["token"] = TOKEN[:-1]
    assert receive(asked, known, Sent()) == Answer(401)
    asked["pathParameters"]["token"] = TOKEN
    refused = Answer(405, headers={"allow": "POST"})
    for origin in ("", "a\r\nset-cookie: b", "*", "https://eventgrid.azure.net", "a." * 200 + "a"):
        headers = {"webhook-request-origin": origin}
        assert receive(asked | {"headers": headers}, known, Sent()) == refused, "it would be in a header of ours"
    asked["pathParameters"]["registry"] = "example"
    assert receive(asked, registries(), Sent()) == refused, "other registries ask nothing"


def test_a_large_notification_is_answered_soon_and_its_rest_is_left_to_reconcile() -> None:
    (push,) = json.loads(event()["body"])["events"][-1:]
    push["target"] |= {"mediaType": "application/vnd.oci.image.manifest.v1+json"}
    events = [push | {"action": "push", "target": push["target"] | {"tag": f"t{number}"}} for number in range(800)]
    sent = Sent()
    assert receive(event(body=json.dumps({"events": events})), registries(), sent) == Answer(202)
    assert len(sent) == MAX_NOTICES


def test_what_does_not_matter_is_answered_within_milliseconds() -> None:
    (push,) = json.loads(event()["body"])["events"][-1:]
    body = json.dumps({"events": [push | {"action": "pull"}] * (900_000 // len(json.dumps(push)))})
    started = time.process_time()
    assert status(event(body=body), registries(), Sent()) == 202
    assert time.process_time() - started < 5, "nearly a megabyte of pulls"
