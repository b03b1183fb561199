"""Archive rules: which images a rule takes, and why. Pure, so that a dry run is the same call.

Within a rule every criterion that is set must hold. A rule takes tags; an image goes only when each
of its tags is taken by some rule of one priority, so that one tag still in use holds it back. See
`docs/archive-rules.md`. The model follows Anchore Engine 1.1.0, `ArchiveTransitionRule`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from cargohold.archive_rules import Rule, Selector


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule with what the database calls it."""

    id: int
    name: str
    rule: Rule


class RuleReference(NamedTuple):
    """A name under which an image is or was pushed; `tag` is "" for a push by digest alone.

    `newer_under_tag` and `newer_in_repository` count the distinct digests pushed later under the tag
    and in the repository, whatever has become of them.
    """

    registry: str
    repository: str
    tag: str
    newer_under_tag: int = 0
    newer_in_repository: int = 0

    def __str__(self) -> str:
        return "/".join(part for part in (self.registry, self.repository) if part) + f":{self.tag}" * bool(self.tag)


class Candidate(NamedTuple):
    """An image as rules see it.

    `references` are all that name it, tagged and not, current and former, its own and those of the
    indexes that hold it. `beyond` are the ids of the rules whose `max_images` newer images exist.
    """

    digest: str
    revision: int
    analyzed_at: datetime
    references: tuple[RuleReference, ...] = ()
    beyond: frozenset[int] = frozenset()
    restored_at: datetime | None = None
    protected_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one reference: the rule that takes it, or None and `why` none does."""

    reference: RuleReference
    rule: NamedRule | None
    why: str


class Decision(NamedTuple):
    """What becomes of an image. `rule` is None when it stays, and `reason` says why in any case.

    `takers` are the rules of the group that decides, one a reference, None where none takes it. The words for it
    are made when they are asked for: of a million images few are ever shown.
    """

    candidate: Candidate
    rule: NamedRule | None
    at: datetime
    group: tuple[NamedRule, ...] = ()
    references: tuple[RuleReference, ...] = ()
    takers: tuple[NamedRule | None, ...] = ()
    spared: str = ""  # why it stays although its references are taken, or without a look at them

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each reference, in their order."""
        image, at = self.candidate, self.at
        return tuple(
            Verdict(reference, taker, _satisfied(taker.rule, reference, image, at))
            if taker is not None
            else Verdict(reference, None, "; ".join(_failing(named, reference, image, at) for named in self.group))
            for reference, taker in zip(self.references, self.takers, strict=True)
        )

    @property
    def reason(self) -> str:
        """Why it goes or stays."""
        if self.spared:
            return self.spared
        if self.rule is not None:
            return f"taken by the rule {self.rule.name}: {self.verdicts[0].why}"
        held = next(verdict for verdict in self.verdicts if verdict.rule is None)
        return f"held back by {held.reference}: {held.why}"


class _Judge:
    """A rule made ready for many images at one time."""

    __slots__ = ("_before", "_in_repository", "_rule", "_selects_all", "_under_tag", "named")

    def __init__(self, named: NamedRule, now: datetime) -> None:
        rule = named.rule
        self.named, self._rule = named, rule
        self._selects_all = rule.selector == Selector()
        self._before = now - timedelta(days=rule.analysis_age_days or 0)
        self._under_tag = rule.tag_versions_newer or 0
        self._in_repository = rule.repository_images_newer or 0

    def may_take(self, image: Candidate) -> bool:
        """Tell whether the criteria that hold for an image whatever it is called do."""
        return (self._rule.analysis_age_days is None or image.analyzed_at <= self._before) and (
            self._rule.max_images is None or self.named.id in image.beyond
        )

    def takes(self, reference: RuleReference, image: Candidate, now: datetime) -> bool:
        """Tell whether the rule, which may take the image, takes `reference`. The cheapest question comes first."""
        _, _, tag, newer_under_tag, newer_in_repository = reference
        return (
            newer_under_tag >= self._under_tag
            and newer_in_repository >= self._in_repository
            and (bool(tag) or self._rule.untagged)
            and (self._selects_all or self._rule.selector.matches(reference))
            and not (
                self._rule.exclusions
                and any(exclusion.holds(reference, image.analyzed_at, now) for exclusion in self._rule.exclusions)
            )
        )


def evaluate(rules: Iterable[NamedRule], images: Iterable[Candidate], now: datetime) -> Iterator[Decision]:
    """Yield a decision for each image, in their order, without holding more than one.

    `rules` are of one transition. Priorities are tried from the highest down, and the first one whose
    rules take every reference decides; disabled rules are passed over.
    """
    active = sorted(
        (named for named in rules if named.rule.enabled), key=lambda named: (-named.rule.priority, named.id)
    )
    by_priority = (tuple(group) for _, group in groupby(active, key=lambda named: named.rule.priority))
    groups = [(group, [_Judge(named, now) for named in group]) for group in by_priority]
    for image in images:
        yield _decide(groups, image, now)


def references_that_count(references: Iterable[RuleReference]) -> tuple[RuleReference, ...]:
    """Return what must be taken: every tag, and pushes by digest into repositories without a tag.

    A push by tag is recorded under its digest too, so an untagged reference beside a tag of the same
    repository says nothing new.
    """
    references = tuple(references)
    for one in references:
        if not one.tag:
            break
    else:
        if references:
            return references
    given = sorted(set(references), key=lambda one: (one.registry, one.repository, one.tag))
    tagged = {(one.registry, one.repository) for one in given if one.tag}
    counted = tuple(one for one in given if one.tag or (one.registry, one.repository) not in tagged)
    return counted or (RuleReference("", "", ""),)


def _decide(groups: list[tuple[tuple[NamedRule, ...], list[_Judge]]], image: Candidate, now: datetime) -> Decision:
    if image.protected_until is not None and now < image.protected_until:
        return Decision(image, None, now, spared=f"protected until {image.protected_until.isoformat()}")
    references = references_that_count(image.references)
    kept: Decision | None = None
    for group, judges in groups:
        able = [judge for judge in judges if judge.may_take(image)]
        takers = _takers(able, references, image, now)
        if None in takers:
            # The explanation that came closest: a group that takes some references over one that takes none.
            if kept is None or (any(takers) and not any(kept.takers)):
                kept = Decision(image, None, now, group, references, takers)
            continue
        taking = [taker for taker in takers if taker is not None]
        spared = ""
        if image.restored_at is not None:
            grace = max(named.rule.restore_grace_days for named in taking)
            if now < (until := image.restored_at + timedelta(days=grace)):
                spared = f"restored, and protected until {until.isoformat()}"
        return Decision(image, None if spared else taking[0], now, group, references, takers, spared)
    return kept or Decision(image, None, now, spared="no rule is enabled")


def _takers(
    able: list[_Judge], references: tuple[RuleReference, ...], image: Candidate, now: datetime
) -> tuple[NamedRule | None, ...]:
    """Return the first rule that takes each reference, None where none does."""
    if not able:
        return (None,) * len(references)
    found: list[NamedRule | None] = []
    for reference in references:
        for judge in able:
            if judge.takes(reference, image, now):
                found.append(judge.named)
                break
        else:
            found.append(None)
    return tuple(found)


def _failing(named: NamedRule, reference: RuleReference, image: Candidate, now: datetime) -> str:
    """Say which criterion of a rule that does not take `reference` is the first that does not hold."""
    rule, age = named.rule, now - image.analyzed_at
    why = f"it is among the newest {rule.max_images} images"
    if not reference.tag and not rule.untagged:
        why = "it does not name untagged images"
    elif not rule.selector.matches(reference):
        why = "its selector does not match"
    elif any(exclusion.holds(reference, image.analyzed_at, now) for exclusion in rule.exclusions):
        why = "it excludes this reference"
    elif rule.analysis_age_days is not None and age < timedelta(days=rule.analysis_age_days):
        why = f"analysis_age_days is {age.days} of {rule.analysis_age_days}"
    elif rule.tag_versions_newer is not None and reference.newer_under_tag < rule.tag_versions_newer:
        why = f"tag_versions_newer is {reference.newer_under_tag} of {rule.tag_versions_newer}"
    elif rule.repository_images_newer is not None and reference.newer_in_repository < rule.repository_images_newer:
        why = f"repository_images_newer is {reference.newer_in_repository} of {rule.repository_images_newer}"
    return f"{named.name}: {why}"


def _satisfied(rule: Rule, reference: RuleReference, image: Candidate, now: datetime) -> str:
    said = []
    if rule.analysis_age_days is not None:
        said.append(f"analysis_age_days {(now - image.analyzed_at).days} >= {rule.analysis_age_days}")
    if rule.tag_versions_newer is not None:
        said.append(f"tag_versions_newer {reference.newer_under_tag} >= {rule.tag_versions_newer}")
    if rule.repository_images_newer is not None:
        said.append(f"repository_images_newer {reference.newer_in_repository} >= {rule.repository_images_newer}")
    if rule.max_images is not None:
        said.append(f"beyond the newest {rule.max_images} images")
    return ", ".join(said)
