"""UUIDv7 and digests."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from cargohold import digests
from cargohold.errors import InvalidDigest
from cargohold.identifiers import event_id, made_at, uuid7


def test_uuid7_has_its_version_variant_and_time() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    identifier = uuid7()
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"
    assert before <= made_at(identifier) <= datetime.now(UTC)


def test_uuid7_sorts_by_time() -> None:
    first = uuid7()
    time.sleep(0.002)
    assert first < uuid7()


def test_event_ids_are_deterministic_and_distinct() -> None:
    assert event_id("a", "b") == event_id("a", "b")
    assert event_id("a", "b") != event_id("ab")


def test_digests_go_both_ways() -> None:
    digest = digests.of(b"content")
    assert digests.to_text(digests.to_bytes(digest)) == digest
    assert digests.to_text(memoryview(digests.to_bytes(digest))) == digest


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:" + "A" * 64, "sha512:" + "0" * 128, "sha256:" + "0" * 63])
def test_what_is_no_digest_is_refused(text: str) -> None:
    assert not digests.is_digest(text)
    with pytest.raises(InvalidDigest):
        digests.checked(text)
