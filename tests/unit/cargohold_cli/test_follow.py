"""What `cargohold watch` tells, and how far back it reads."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.queries.paging import Page
from api.queries.views import AttemptView
from cargohold_cli.follow import Follower

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def attempt(number: int, status: str, minutes: float = 0) -> AttemptView:
    at = AT + timedelta(minutes=minutes)
    return AttemptView(
        UUID(int=number), "registry", "team/app", f"v{number}", "", status, "", "", False, at,
        None if status == "analyzing" else at + timedelta(seconds=3),
    )  # fmt: skip


class Answers:
    """A source that answers from a list, two at a time; `reads` counts."""

    def __init__(self) -> None:
        self.attempts_now: Sequence[AttemptView] = ()
        self.reads = 0

    def attempts(self, *, repository: str | None, limit: int, after: str | None) -> Page[AttemptView]:
        self.reads += 1
        newest = sorted(self.attempts_now, key=lambda one: one.started_at, reverse=True)
        start = int(after or 0)
        following = str(start + 2) if start + 2 < len(newest) else None
        return Page(tuple(newest[start : start + 2]), following)


def follower() -> tuple[Any, Follower]:
    answers: Any = Answers()
    return answers, Follower(answers)


def told(one: Follower) -> list[tuple[int, str]]:
    return [(view.analysis_id.int, view.status) for view in one.changes()]


def test_what_is_under_way_comes_first_and_then_every_change_once() -> None:
    answers, watched = follower()
    assert told(watched) == []
    answers.attempts_now = [attempt(1, "analyzing")]
    assert told(watched) == [(1, "analyzing")]
    answers.attempts_now = [attempt(1, "analyzed"), attempt(2, "analyzing", 1), attempt(3, "analysis_failed", 2)]
    assert told(watched) == [(1, "analyzed"), (2, "analyzing"), (3, "analysis_failed")]
    assert told(watched) == []


def test_history_is_not_told() -> None:
    answers, watched = follower()
    answers.attempts_now = [attempt(1, "analyzed"), attempt(2, "analyzing", 1)]
    assert told(watched) == [(2, "analyzing")]


def test_an_attempt_that_is_told_late_is_not_missed() -> None:
    answers, watched = follower()
    answers.attempts_now = [attempt(2, "analyzed", 5)]
    assert told(watched) == []
    answers.attempts_now = [attempt(1, "analyzing", 1), attempt(2, "analyzed", 5)]
    assert told(watched) == [(1, "analyzing")]


def test_a_look_reads_as_far_back_as_there_can_be_news() -> None:
    answers, watched = follower()
    old = [attempt(number, "analyzed", -100 + number) for number in range(50)]
    answers.attempts_now = [*old, attempt(99, "analyzed", 0)]
    assert told(watched) == []
    answers.reads = 0
    answers.attempts_now = [*answers.attempts_now, attempt(100, "analyzing", 1)]
    assert told(watched) == [(100, "analyzing")]
    assert answers.reads <= 2
    answers.attempts_now = [*old, *(attempt(number, "analyzed", number) for number in range(200, 210))]
    assert len(told(watched)) == 10, "more than a page of news"


def test_an_attempt_that_a_later_one_has_replaced_is_forgotten() -> None:
    answers, watched = follower()
    answers.attempts_now = [attempt(1, "analyzing")]
    told(watched)
    answers.attempts_now = [replace(attempt(1, "analyzed", 3), analysis_id=UUID(int=2))]
    assert told(watched) == [(2, "analyzed")]
    assert told(watched) == []


def test_what_began_and_ended_between_two_looks_is_told_though_there_was_nothing_before() -> None:
    answers, watched = follower()
    assert told(watched) == []
    answers.attempts_now = [attempt(1, "analyzed"), attempt(2, "analysis_failed", 1), attempt(3, "analyzed", 2)]
    assert told(watched) == [(1, "analyzed"), (2, "analysis_failed"), (3, "analyzed")]
    assert told(watched) == []
