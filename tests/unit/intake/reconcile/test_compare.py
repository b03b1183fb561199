from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cargohold.errors import InvalidMessage
from intake.reconcile.compare import MAY_HAVE_GONE, Finding, is_companion, is_hopeless, judge, may_succeed
from intake.reconcile.known import Attempt, Known, Owner
from intake.reconcile.place import Place

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def ago(**duration: float) -> datetime:
    return NOW - timedelta(**duration)


def attempt(digest: str | None = A, status: str = "analysis_failed", code: str = "", **more: object) -> Attempt:
    given = {"final": True, "started_at": ago(days=1), "deadline": None} | more
    return Attempt(digest, status, code, **given)  # type: ignore[arg-type]


def known(owner: str | None = None, *attempts: Attempt, pushed_at: datetime | None = None) -> Known:
    tags = {"1": Owner(owner, pushed_at or ago(days=2))} if owner else {}
    return Known(tags=tags, attempts={"1": list(attempts)})


def judged(of: Known, digest: str = A, gone: dict[str, datetime] | None = None, **more: datetime) -> Finding | None:
    return judge("1", digest, of, gone or {}, NOW, children=lambda: [B], **more)


def test_what_is_known_is_left_alone_and_what_is_not_is_missed() -> None:
    assert judged(known()) is Finding.MISSED
    assert judged(known(B)) is Finding.MISSED
    assert judged(known(A)) is None


@pytest.mark.trap("B3")
def test_what_was_archived_or_deleted_is_known_whatever_it_is_called() -> None:
    gone = {A: ago(days=1)}
    assert judged(known(), gone=gone) is None
    assert judged(known(B), gone=gone) is None
    assert judged(known(A, attempt(code="unauthorized")), gone=gone) is None
    # A registry that tells the time of a push can tell that it was pushed again.
    assert judged(known(), gone=gone, pushed_at=ago(days=2)) is None
    assert judged(known(), gone=gone, pushed_at=ago(hours=1)) is Finding.MISSED


@pytest.mark.parametrize("code", sorted(MAY_HAVE_GONE))
def test_a_failure_of_the_surroundings_is_tried_again(code: str) -> None:
    assert judged(known(None, attempt(code=code))) is Finding.RETRY
    assert judged(known(A, attempt(code=code))) is Finding.RETRY
    assert judged(known(A, attempt(B, code=code))) is Finding.RETRY, "a child of an index has a digest of its own"


@pytest.mark.parametrize("code", ["hostile_content", "not_an_image", "invalid_image", "image_too_large", "internal"])
def test_a_failure_of_the_image_itself_stays_until_the_tag_moves(code: str) -> None:
    assert judged(known(None, attempt(code=code))) is None
    assert judged(known(A, attempt(code=code))) is None
    assert judged(known(None, attempt(code=code)), B) is Finding.MISSED


def test_an_old_failure_is_of_an_old_push() -> None:
    assert judged(known(A, attempt(code="unauthorized", started_at=ago(days=9)))) is None


def test_a_failure_of_what_a_tag_named_for_a_moment_is_not_its_own() -> None:
    other = "sha256:" + "c" * 64
    assert judged(known(A, attempt(other, code="image_not_found"))) is None
    assert judged(known(A, attempt(other, code="image_not_found"), attempt(B, code="unauthorized"))) is Finding.RETRY


def test_a_try_without_a_digest_is_over_when_a_later_one_of_its_tag_went_well() -> None:
    blind = attempt(None, code="registry_unavailable", started_at=ago(hours=9))
    assert judged(known(A, blind)) is Finding.RETRY
    assert judged(known(A, blind, attempt(B, "analyzed", started_at=ago(hours=8)))) is None
    assert judged(known(A, blind, attempt(B, "analyzed", started_at=ago(hours=10)))) is Finding.RETRY


def test_what_the_queue_still_works_on_is_left_to_it() -> None:
    running = attempt(status="analyzing", final=False, deadline=NOW + timedelta(minutes=5))
    assert judged(known(None, running)) is None
    killed = attempt(status="analyzing", final=False, deadline=ago(hours=1))
    assert judged(known(None, killed)) is None, "the queue sends it again within minutes"
    lost = attempt(status="analyzing", final=False, deadline=ago(hours=3))
    assert judged(known(None, lost)) is Finding.RETRY
    failing = attempt(code="rate_limited", final=False, started_at=ago(minutes=30))
    assert judged(known(None, failing)) is None
    assert judged(known(None, attempt(code="rate_limited", final=False, started_at=ago(hours=5)))) is Finding.RETRY


def test_an_analysis_without_its_reference_is_missed() -> None:
    assert judged(known(None, attempt(status="analyzed"))) is Finding.MISSED


def test_an_index_whose_images_all_failed_for_good_is_hopeless() -> None:
    children = [A, B]
    bad, lost, good = attempt(code="invalid_image"), attempt(B, code="unauthorized"), attempt(B, status="analyzed")
    assert is_hopeless("1", children, known(None, bad))
    assert not is_hopeless("1", children, known(None, bad, lost))
    assert not is_hopeless("1", children, known(None, bad, good))
    assert not is_hopeless("1", [B], known(None, bad))
    assert not is_hopeless("1", children, known())


@pytest.mark.parametrize(
    ("tag", "companion"),
    [
        ("sha256-" + "0" * 64 + ".sig", True),
        ("sha256-" + "0" * 64 + ".att", True),
        ("sha256-" + "0" * 64, True),
        ("sha512-" + "0" * 128, True),
        ("sha256-short", False),
        ("1.0", False),
        ("latest", False),
    ],
)
def test_companions_are_known_by_their_tags(tag: str, companion: bool) -> None:
    assert is_companion(tag) is companion


@given(
    status=st.sampled_from(["analyzing", "analyzed", "analysis_failed"]),
    code=st.sampled_from([*sorted(MAY_HAVE_GONE), "invalid_image", ""]),
    final=st.booleans(),
    hours=st.integers(0, 100),
)
def test_what_went_well_is_never_tried_again(status: str, code: str, final: bool, hours: int) -> None:
    one = attempt(A, status, code, final=final, started_at=ago(hours=hours), deadline=ago(hours=hours))
    again = may_succeed(one, NOW)
    assert not (again and status == "analyzed")
    if status == "analysis_failed" and final:
        assert again == (code in MAY_HAVE_GONE)


@pytest.mark.parametrize("text", ["", "team/app", "team/app:1.0", f"team/app@{A}"])
def test_a_place_is_read_back(text: str) -> None:
    assert str(Place.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["Team/app", "team/app:", "team/app:a b", "team/app@sha256:x", ":1", "@", "a@b@c", "/"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessage):
        Place.parse(text)


def test_a_place_within_a_repository_leaves_the_rest_of_it() -> None:
    assert not Place("b").is_before("b")
    assert Place("b", tag="1").is_before("b")
    assert Place("b", digest=A).is_before("b")
    assert Place("b").is_before("c")
    assert not Place("b", tag="1").is_before("a")
    assert Place().is_before("a")
