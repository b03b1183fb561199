import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from cargohold.contracts import AnalyzeRequest, ReferenceRemoved
from cargohold.errors import InvalidMessage
from cargohold.registry.document import Hook
from intake.hooks import distribution
from intake.hooks.notices import Notice

EVENTS = Path(__file__).parents[4] / "events"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DIGEST, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def sample(name: str) -> bytes:
    body: str = json.loads((EVENTS / name).read_text())["body"]
    return body.encode()


def event(action: str = "push", media_type: str = MANIFEST, second: int = 0, **target: Any) -> dict[str, Any]:
    return {
        "action": action,
        "timestamp": f"2026-11-24T02:31:{second:02}.021705487Z",
        "target": {"mediaType": media_type, "repository": "team/app"} | target,
    }


def parse(*events: Any) -> list[Notice]:
    return distribution.parse(json.dumps({"events": list(events)}).encode(), "registry.example.com")


def test_a_push_is_one_request_however_many_blobs_pulls_and_mounts_come_with_it() -> None:
    (request,) = distribution.parse(sample("distribution-push.json"), "registry.example.com:8443")
    assert isinstance(request, AnalyzeRequest)
    reference = request.reference
    assert (reference.registry, reference.repository, reference.tag) == ("registry.example.com:8443", "team/app", "1.1")
    assert reference.digest == "sha256:1a6bfdac7afe045db2cb1a8726c672d41ddb16cd1b1c31fc53d0e918749da60b"
    assert reference.pushed_at == datetime.fromisoformat("2026-11-24T02:31:16.124630+00:00")


def test_a_deletion_removes_the_digest_and_then_the_tag() -> None:
    by_digest, by_tag = distribution.parse(sample("distribution-delete.json"), "registry.example.com")
    assert isinstance(by_digest, ReferenceRemoved)
    assert isinstance(by_tag, ReferenceRemoved)
    assert by_digest.reference.digest
    assert by_digest.reference.tag == ""
    assert (by_tag.reference.digest, by_tag.reference.tag) == (None, "1.1")
    assert by_digest.removed_at.utcoffset() is not None


def test_a_digest_with_two_tags_keeps_both_and_drops_the_push_without_one() -> None:
    found = parse(
        event(digest=DIGEST),
        event(digest=DIGEST, tag="1"),
        event(digest=DIGEST, tag="latest"),
        event(digest=DIGEST, tag="1", second=9),
        event(digest=OTHER),
    )
    assert [(notice.reference.digest, notice.reference.tag) for notice in found] == [
        (DIGEST, "latest"),
        (DIGEST, "1"),
        (OTHER, ""),
    ]
    assert found[1].reference.pushed_at is not None
    assert found[1].reference.pushed_at.second == 9


@pytest.mark.trap("B4")
def test_an_index_is_as_interesting_as_an_image_and_other_types_are_not() -> None:
    found = parse(
        event(media_type="application/vnd.oci.image.index.v1+json", digest=DIGEST, tag="multi"),
        event(media_type="application/vnd.docker.distribution.manifest.list.v2+json", digest=OTHER),
        event(media_type="application/vnd.oci.image.layer.v1.tar+gzip", digest="sha256:" + "3" * 64),
        event(media_type="application/vnd.docker.distribution.manifest.v1+prettyjws", digest="sha256:" + "4" * 64),
    )
    assert [notice.reference.digest for notice in found] == [DIGEST, OTHER]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        [],
        {},
        {"action": "push"},
        event(digest="md5:1"),
        event(digest=DIGEST, repository="../../etc"),
        event(digest=DIGEST, tag="a b"),
        event(digest=DIGEST) | {"timestamp": "yesterday"},
        event(digest=DIGEST) | {"timestamp": "2026-11-24T02:31:00"},
        event("delete"),
        event("format", digest=DIGEST),
    ],
)
def test_one_bad_event_does_not_spoil_the_rest(bad: Any) -> None:
    (good,) = parse(bad, event(digest=OTHER, tag="good"))
    assert good.reference.tag == "good"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"events": {}}', b"\xff"])
def test_what_is_no_envelope_is_an_invalid_message(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        distribution.parse(body, "registry.example.com")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["action", "target", "digest", "timestamp", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
@settings(max_examples=60)
def test_no_json_makes_it_fail_otherwise(content: Any) -> None:
    assert parse(content, event(digest=DIGEST))[-1].reference.digest == DIGEST


def test_the_authorization_header_is_compared_whole_and_whatever_its_case() -> None:
    plain = Hook(token=SecretStr("0123456789abcdef"))
    hook = plain.model_copy(update={"authorization": SecretStr("Bearer s")})
    assert distribution.verify({"Authorization": "Bearer s"}, b"", hook)
    assert distribution.verify({"authorization": "Bearer s"}, b"", hook)
    assert not distribution.verify({"authorization": "Bearer S"}, b"", hook)
    assert not distribution.verify({"authorization": "Bearer \udcff"}, b"", hook)
    assert not distribution.verify({}, b"", hook)
    assert distribution.verify({}, b"", plain)
