"""What every kind of hook promises, on a sample of each notification that it understands."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cargohold.contracts import AnalyzeRequest, ReferenceRemoved
from cargohold.errors import InvalidMessage
from cargohold.registry.document import Hook
from intake.hooks import KINDS
from intake.hooks.notices import Notice

EVENTS = Path(__file__).parents[4] / "events"
TOKEN = "0123456789abcdef0123456789abcdef"
AUTHORIZATION = {"authorization": "Bearer notification-secret"}
SECRET = {"secret": "notification-secret"}
DIGEST = "sha256:1a6bfdac7afe045db2cb1a8726c672d41ddb16cd1b1c31fc53d0e918749da60b"
PUSH, DELETE = "push", "delete"

# sample: kind, what is verified, host, and the notices as (push or delete, repository, tag, digest)
SAMPLES: dict[str, tuple[str, dict[str, str], str, list[tuple[str, str, str, str | None]]]] = {
    "gitlab-push": ("gitlab", AUTHORIZATION, "registry", [(PUSH, "group/project/app", "main", DIGEST)]),
    "harbor-push": ("harbor", AUTHORIZATION, "harbor", [(PUSH, "team/debian", "latest", DIGEST)]),
    "harbor-delete": ("harbor", AUTHORIZATION, "harbor", [(DELETE, "team/debian", "", DIGEST)]),
    "harbor-cloudevents-push": ("harbor", AUTHORIZATION, "harbor", [(PUSH, "team/debian", "latest", DIGEST)]),
    "harbor-cloudevents-delete": ("harbor", AUTHORIZATION, "harbor", [(DELETE, "team/debian", "", DIGEST)]),
    "docker-hub-push": ("docker_hub", {}, "docker.io", [(PUSH, "team/app", "latest", None)]),
    "quay-push": ("quay", {}, "quay.io", [(PUSH, "team/app", tag, None) for tag in ("latest", "1.1", "1")]),
    "github-package": ("github", SECRET, "ghcr.io", [(PUSH, "team/app", "1.1", DIGEST)]),
    "github-registry-package": ("github", SECRET, "ghcr.io", [(PUSH, "team/app", "", DIGEST)]),
    "acr-push": ("acr", AUTHORIZATION, "team.azurecr.io", [(PUSH, "team/app", "v1", DIGEST)]),
    "acr-delete": ("acr", AUTHORIZATION, "team.azurecr.io", [(DELETE, "team/app", "", DIGEST)]),
    "acr-event-grid-push": ("acr", AUTHORIZATION, "team.azurecr.io", [(PUSH, "team/app", "v1", DIGEST)]),
    "acr-event-grid-cloudevents-delete": (
        "acr",
        AUTHORIZATION,
        "team.azurecr.io",
        [(DELETE, "team/app", "", DIGEST)],
    ),
    "google-push": ("google", {}, "europe-docker.pkg.dev", [(PUSH, "team/images/app", "1.1", DIGEST)]),
    "google-delete": ("google", {}, "europe-docker.pkg.dev", [(DELETE, "team/images/app", "1.1", None)]),
    "nexus-push": ("nexus", SECRET, "nexus.example.com", [(PUSH, "team/app", "1.1", None)]),
    "nexus-delete": ("nexus", SECRET, "nexus.example.com", [(DELETE, "team/app", "1.1", None)]),
}
TIMELESS = {"quay"}


def load(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def shown(notices: list[Notice]) -> list[tuple[str, str, str, str | None]]:
    kinds = {AnalyzeRequest: PUSH, ReferenceRemoved: DELETE}
    return [
        (kinds[type(notice)], notice.reference.repository, notice.reference.tag, notice.reference.digest)
        for notice in notices
    ]


def test_every_kind_has_a_sample_and_every_sample_is_here() -> None:
    assert {kind for kind, *_ in SAMPLES.values()} | {"distribution"} == set(KINDS)
    named = {path.stem for path in EVENTS.glob("*.json") if path.stem.split("-")[0] in {"acr", "docker", "github"}}
    named |= {path.stem for path in EVENTS.glob("*.json") if path.stem.split("-")[0] in {"gitlab", "google", "harbor"}}
    named |= {path.stem for path in EVENTS.glob("*.json") if path.stem.split("-")[0] in {"nexus", "quay"}}
    assert named == {*SAMPLES, "acr-event-grid-validation", "acr-event-grid-cloudevents-validation"}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_believed_and_means_what_it_says(name: str) -> None:
    kind, verified, host, expected = SAMPLES[name]
    event = load(name)
    hook = Hook.model_validate({"kind": kind, "token": TOKEN} | verified)
    body = event["body"].encode()

    assert KINDS[kind].verify(event["headers"], body, hook)
    notices = KINDS[kind].parse(body, host)

    assert shown(notices) == expected
    for notice in notices:
        assert notice.reference.registry == host
        if isinstance(notice, AnalyzeRequest):
            pushed = notice.reference.pushed_at
            assert (pushed is None) == (kind in TIMELESS)
            at = pushed or datetime(2026, 11, 24, 2, 31, 16, tzinfo=UTC)
        else:
            at = notice.removed_at
        assert at.replace(microsecond=0, second=0) == datetime(2026, 11, 24, 2, 31, tzinfo=UTC)


@pytest.mark.parametrize("name", [name for name, (_, verified, *_) in SAMPLES.items() if verified])
def test_another_secret_another_body_and_no_header_are_not_believed(name: str) -> None:
    kind, verified, *_ = SAMPLES[name]
    event = load(name)
    body = event["body"].encode()
    verify = KINDS[kind].verify
    hook = Hook.model_validate({"kind": kind, "token": TOKEN} | verified)
    other = Hook.model_validate({"kind": kind, "token": TOKEN} | {key: value + "s" for key, value in verified.items()})

    assert not verify(event["headers"], body, other)
    assert not verify({}, body, hook)
    secret = {key: value for key, value in event["headers"].items() if "auth" in key or "signature" in key}
    assert secret
    for wrong in ("", " ", "\udcff", "Bearer", "sha256=", "0" * 40, "sha256=" + "0" * 64, "é"):
        assert not verify(event["headers"] | dict.fromkeys(secret, wrong), body, hook)
    assert verify({key.title(): value for key, value in event["headers"].items()}, body, hook)
    if verified is SECRET:
        assert not verify(event["headers"], body + b" ", hook)
        assert not verify(event["headers"], b"", hook)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_notification_again_is_the_same_notice(name: str) -> None:
    """A repetition, by the sender or by somebody who recorded it, is known by its times; Quay sends none."""
    kind, _, host, _ = SAMPLES[name]
    body = load(name)["body"].encode()
    first, second = KINDS[kind].parse(body, host), KINDS[kind].parse(body, host)

    assert [notice.model_dump(exclude={"correlation_id"}) for notice in first] == [
        notice.model_dump(exclude={"correlation_id"}) for notice in second
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_clock_that_runs_ahead_owns_no_tag_for_ever(name: str, clock: datetime) -> None:
    kind, _, host, _ = SAMPLES[name]
    body = load(name)["body"]
    if kind == "google":
        body = body.replace("2026-", "2999-")
    body = body.replace("2026-11", "2999-11").replace('"pushed_at":1795487476', '"pushed_at":7795487476')
    body = body.replace('"occur_at":1795487', '"occur_at":7795487')
    for notice in KINDS[kind].parse(body.encode(), host):
        at = notice.reference.pushed_at if isinstance(notice, AnalyzeRequest) else notice.removed_at
        assert at in (clock, None)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just(DIGEST),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


def _replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], by)
    return copy


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_stands_in_a_notification_it_is_read_or_declined(name: str, data: st.DataObject) -> None:
    kind, _, host, _ = SAMPLES[name]
    content = json.loads(load(name)["body"])
    place = data.draw(st.sampled_from(_places(content)))
    body = json.dumps(_replaced(content, place, data.draw(_VALUES))).encode()
    if kind == "google" and data.draw(st.booleans()):
        inner = json.dumps(data.draw(_VALUES)).encode()
        content["message"]["data"] = base64.b64encode(inner).decode()
        body = json.dumps(content).encode()
    try:
        notices = KINDS[kind].parse(body, host)
    except InvalidMessage:
        return
    for notice in notices:
        assert notice.reference.registry == host
        assert notice.reference.tag or notice.reference.digest


@pytest.mark.parametrize("name", SAMPLES)
def test_a_notification_that_is_cut_off_is_of_no_image_and_a_signed_one_is_forged(name: str) -> None:
    kind, verified, host, _ = SAMPLES[name]
    event = load(name)
    hook = Hook.model_validate({"kind": kind, "token": TOKEN} | verified)
    body = event["body"].encode()
    for end in range(len(body.rstrip())):
        with pytest.raises(InvalidMessage):
            KINDS[kind].parse(body[:end], host)
    if "secret" in verified:
        assert not KINDS[kind].verify(event["headers"], body[:-1], hook)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[[]]", b"{}", b"null", b"7", b'"x"', b"[" * 100_000])
def test_what_is_no_notification_is_an_invalid_message_or_nothing(kind: str, body: bytes) -> None:
    with suppress(InvalidMessage):
        assert KINDS[kind].parse(body, "registry.example.com") == []
