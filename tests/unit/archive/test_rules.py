"""Rules against a naive reference that knows all images at once, and each of Anchore's known mistakes."""

import fnmatch
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.rules import Candidate, NamedRule, RuleReference, evaluate, references_that_count
from cargohold.archive_rules import Rule, parse_rule
from cargohold.errors import InvalidRule

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def rule(identifier: int = 1, **fields: Any) -> NamedRule:
    return NamedRule(identifier, f"rule {identifier}", parse_rule({"transition": "archive"} | fields))


def image(*references: RuleReference, days: float = 100, **fields: Any) -> Candidate:
    given = {"digest": "sha256:" + "00" * 32, "revision": 1}
    return Candidate(**(given | {"analyzed_at": NOW - timedelta(days=days), "references": references} | fields))


def tagged(tag: str = "latest", newer: int = 0, repository: str = "a/b", in_repository: int = 0) -> RuleReference:
    return RuleReference("r.example", repository, tag, newer, in_repository)


def decide(rules: list[NamedRule], candidate: Candidate) -> int | None:
    decision = next(evaluate(rules, [candidate], NOW))
    assert decision.reason
    return decision.rule.id if decision.rule else None


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"transition": "archive"}, "criterion"),
        ({"transition": "move", "analysis_age_days": 1}, "transition"),
        ({"transition": "archive", "analysis_age_days": -1}, "analysis_age_days"),
        ({"transition": "archive", "analysis_age_days": 1, "typo": 1}, "typo"),
        ({"transition": "archive", "analysis_age_days": 1, "selector": {"tag": ""}}, "selector.tag"),
        ({"transition": "archive", "analysis_age_days": 1, "exclusions": [{}]}, "exclusions.0.selector"),
        ({"transition": "archive", "max_images": 0}, "max_images"),
        (["archive"], "rule is not valid"),
        (None, "rule is not valid"),
    ],
)
def test_a_wrong_rule_names_what_is_wrong(document: Any, field: str) -> None:
    with pytest.raises(InvalidRule, match=field):
        parse_rule(document)


def test_each_criterion_must_hold() -> None:
    rules = [rule(analysis_age_days=90, tag_versions_newer=2, repository_images_newer=3)]
    assert decide(rules, image(tagged(newer=2, in_repository=3))) == 1
    assert decide(rules, image(tagged(newer=1, in_repository=3))) is None
    assert decide(rules, image(tagged(newer=2, in_repository=2))) is None
    assert decide(rules, image(tagged(newer=2, in_repository=3), days=89.9)) is None


def test_one_tag_in_use_holds_the_image_back_and_is_named() -> None:
    rules = [rule(selector={"tag": "build-*"}, analysis_age_days=10)]
    decision = next(evaluate(rules, [image(tagged("build-1"), tagged("stable"))], NOW))
    assert decision.rule is None
    assert decision.reason == "held back by r.example/a/b:stable: rule 1: its selector does not match"
    assert [verdict.rule is not None for verdict in decision.verdicts] == [True, False]


def test_rules_of_one_priority_join_and_those_of_different_ones_do_not() -> None:
    both = image(tagged("build-1"), tagged("nightly-1"))
    build, nightly = {"selector": {"tag": "build-*"}}, {"selector": {"tag": "nightly-*"}}
    assert decide([rule(1, analysis_age_days=1, **build), rule(2, analysis_age_days=1, **nightly)], both) == 1
    apart = [rule(1, analysis_age_days=1, **build), rule(2, analysis_age_days=1, priority=5, **nightly)]
    assert decide(apart, both) is None
    assert decide([*apart, rule(3, analysis_age_days=1, priority=-1)], both) == 3


def test_the_higher_priority_decides() -> None:
    assert decide([rule(1, analysis_age_days=1), rule(2, analysis_age_days=1, priority=1)], image(tagged())) == 2


def test_untagged_images_go_only_when_they_are_named() -> None:
    untagged = image(RuleReference("r.example", "a/b", ""))
    assert decide([rule(analysis_age_days=1)], untagged) is None
    assert decide([rule(analysis_age_days=1, untagged=True, selector={"tag": "x"})], untagged) == 1
    assert decide([rule(analysis_age_days=1, untagged=True, selector={"repository": "c"})], untagged) is None
    assert decide([rule(analysis_age_days=1, untagged=True)], image()) == 1
    assert decide([rule(analysis_age_days=1)], image()) is None


def test_a_push_by_digest_beside_a_tag_says_nothing_new() -> None:
    digest_only = RuleReference("r.example", "a/b", "")
    elsewhere = RuleReference("r.example", "c", "")
    assert references_that_count([digest_only, tagged()]) == (tagged(),)
    assert references_that_count([elsewhere, tagged()]) == (tagged(), elsewhere)


def test_protection_and_grace_after_a_restore() -> None:
    rules = [rule(1, analysis_age_days=1, restore_grace_days=30)]
    assert decide(rules, image(tagged(), restored_at=NOW - timedelta(days=29))) is None
    assert decide(rules, image(tagged(), restored_at=NOW - timedelta(days=30))) == 1
    assert decide(rules, image(tagged(), protected_until=NOW + timedelta(seconds=1))) is None
    assert decide(rules, image(tagged(), protected_until=NOW)) == 1


def test_an_exclusion_needs_no_field_and_expires() -> None:
    excluded = {"exclusions": [{"selector": {"tag": "keep-*"}, "expiration_days": 50}]}
    rules = [rule(analysis_age_days=10, **excluded)]
    assert decide(rules, image(tagged("keep-1"), days=49)) is None
    assert decide(rules, image(tagged("keep-1"), days=50)) == 1
    assert decide(rules, image(tagged("other"), days=49)) == 1


def test_only_images_beyond_the_limit_go() -> None:
    assert decide([rule(max_images=5)], image(tagged())) is None
    assert decide([rule(max_images=5)], image(tagged(), beyond=frozenset({1}))) == 1


def test_disabled_rules_are_passed_over() -> None:
    assert decide([rule(analysis_age_days=1, enabled=False)], image(tagged())) is None


def test_images_are_taken_one_at_a_time() -> None:
    taken = []

    def images() -> Any:
        for number in range(3):
            taken.append(number)
            yield image(tagged())

    decisions = evaluate([rule(analysis_age_days=1)], images(), NOW)
    next(decisions)
    assert taken == [0]


def test_a_glob_of_stars_does_not_take_for_ever() -> None:
    pattern = "*a" * 120 + "*b"
    assert decide([rule(analysis_age_days=1, selector={"tag": pattern})], image(tagged("a" * 10_000))) is None


TEXT = st.text("ab/*", max_size=6)


@settings(max_examples=300)
@given(st.text("ab*", min_size=1, max_size=6), st.text("ab/[?", max_size=8))
def test_globs_match_as_fnmatch_does(pattern: str, text: str) -> None:
    expected = fnmatch.fnmatchcase(text, pattern)
    reference = RuleReference("r", text, "t")
    assert Rule(transition="archive", max_images=1, selector={"repository": pattern}).selector.matches(reference) == (
        expected
    )


@dataclass(frozen=True)
class Whole:
    """An image as the naive reference sees it: its pushes, in (repository, tag) → day."""

    number: int
    days: int
    pushes: tuple[tuple[str, str, int], ...]
    restored: int | None = None  # days ago


def selected(named: NamedRule, repository: str, tag: str) -> bool:
    """Say whether a rule's selector takes a reference, by `fnmatch`."""
    of = named.rule
    if not tag:
        return of.untagged and fnmatch.fnmatchcase(repository, of.selector.repository)
    return fnmatch.fnmatchcase(repository, of.selector.repository) and fnmatch.fnmatchcase(tag, of.selector.tag)


def names_of(one: Whole) -> set[tuple[str, str]]:
    """Return what must be taken of an image: its tags, and its pushes by digest where it has no tag."""
    names = {(repository, tag) for repository, tag, _ in one.pushes}
    return {(repository, tag) for repository, tag in names if tag or not any(r == repository and t for r, t in names)}


def beyond(named: NamedRule, images: list[Whole], subject: Whole) -> bool:
    """Say whether the rule's limit of images is full of newer ones; of the same age the later number is newer."""
    newer = [
        one
        for one in images
        if (-one.days, one.number) > (-subject.days, subject.number)
        and any(selected(named, *name) for name in names_of(one))
    ]
    return len(newer) >= (named.rule.max_images or 0)


def naive(rules: list[NamedRule], images: list[Whole], subject: Whole) -> bool:
    """Say whether `subject` goes, from the text of the documentation and the whole fleet."""

    def newer(of: Whole, repository: str, tag: str | None) -> int:
        def last(one: Whole) -> int | None:
            days = [at for r, t, at in one.pushes if r == repository and (tag is None or t == tag)]
            return max(days, default=None)

        mine = last(of)
        return sum(1 for one in images if mine is not None and (at := last(one)) is not None and at > mine)

    def takes(named: NamedRule, repository: str, tag: str) -> bool:
        of = named.rule
        if not selected(named, repository, tag):
            return False
        for exclusion in of.exclusions:
            lasts = exclusion.expiration_days is None or subject.days < exclusion.expiration_days
            if lasts and (not tag or fnmatch.fnmatchcase(tag, exclusion.selector.tag)):
                return False
        if of.max_images is not None and not beyond(named, images, subject):
            return False
        if of.analysis_age_days is not None and subject.days < of.analysis_age_days:
            return False
        if of.tag_versions_newer is not None and newer(subject, repository, tag) < of.tag_versions_newer:
            return False
        return of.repository_images_newer is None or newer(subject, repository, None) >= of.repository_images_newer

    for priority in sorted({named.rule.priority for named in rules if named.rule.enabled}, reverse=True):
        group = [named for named in rules if named.rule.priority == priority and named.rule.enabled]
        takers = [[named for named in group if takes(named, *name)] for name in names_of(subject)]
        if all(takers):
            # The one with the lowest id takes a reference, and the longest grace of those that take holds.
            grace = max(min(some, key=lambda named: named.id).rule.restore_grace_days for some in takers)
            return subject.restored is None or subject.restored >= grace
    return False


def counted(rules: list[NamedRule], images: list[Whole], one: Whole) -> Candidate:
    """Return the candidate as the database would count it."""

    def last(of: Whole, repository: str, tag: str | None) -> int:
        return max((at for r, t, at in of.pushes if r == repository and tag in (None, t)), default=-1)

    references = tuple(
        RuleReference(
            "r",
            repository,
            tag,
            sum(last(other, repository, tag) > last(one, repository, tag) for other in images),
            sum(last(other, repository, None) > last(one, repository, None) for other in images),
        )
        for repository, tag, _ in one.pushes
    )
    return image(
        *references,
        days=one.days,
        beyond=frozenset(named.id for named in rules if named.rule.max_images and beyond(named, images, one)),
        restored_at=NOW - timedelta(days=one.restored) if one.restored is not None else None,
    )


PUSHES = st.lists(
    st.tuples(st.sampled_from("xy"), st.sampled_from(["a", "b", ""]), st.integers(0, 9)), min_size=1, max_size=3
)
RESTORED = st.sampled_from([None, None, None, 0, 5, 20])
FLEET = st.lists(st.tuples(st.integers(0, 40), PUSHES, RESTORED), min_size=1, max_size=6).map(
    lambda drawn: [
        Whole(number, days, tuple(pushes), restored) for number, (days, pushes, restored) in enumerate(drawn)
    ]
)
EXCLUSIONS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "*"]), st.sampled_from([None, 15, 30])).map(
        lambda drawn: {"selector": {"tag": drawn[0]}, "expiration_days": drawn[1]}
    ),
    max_size=1,
)
CRITERIA = ("analysis_age_days", "tag_versions_newer", "repository_images_newer", "max_images")
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "analysis_age_days": st.sampled_from([None, 10, 20]),
            "tag_versions_newer": st.sampled_from([None, 1, 2]),
            "repository_images_newer": st.sampled_from([None, 1, 3]),
            "max_images": st.sampled_from([None, None, 1, 2]),
            "exclusions": EXCLUSIONS,
            "untagged": st.booleans(),
            "enabled": st.sampled_from([True, True, True, False]),
            "restore_grace_days": st.sampled_from([0, 10, 30]),
            "priority": st.integers(0, 1),
            "selector": st.fixed_dictionaries(
                {"repository": st.sampled_from(["*", "x"]), "tag": st.sampled_from(["*", "a", "b*"])}
            ),
        }
    ).filter(lambda drawn: any(drawn[name] is not None for name in CRITERIA)),
    max_size=3,
)


@settings(max_examples=500, deadline=None)
@given(FLEET, RULES)
def test_the_same_images_go_as_by_the_naive_reference(images: list[Whole], documents: list[dict[str, Any]]) -> None:
    rules = [rule(number, **document) for number, document in enumerate(documents, 1)]
    decisions = evaluate(rules, (counted(rules, images, one) for one in images), NOW)
    assert [decision.rule is not None for decision in decisions] == [naive(rules, images, one) for one in images]
