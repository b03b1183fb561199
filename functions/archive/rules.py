"""Archive rules: which images a rule takes, and why. Pure, so that a dry run is the same call.

Within a rule every criterion that is set must hold. A rule takes tags; an image goes only when each
of its tags is taken by some rule of one priority, so that one tag still in use holds it back. See
`docs/archive-rules.md`. The model follows Anchore Engine 1.1.0, `ArchiveTransitionRule`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from cargohold.archive_rules import Rule


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


@dataclass(frozen=True, slots=True)
class Candidate:
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
    """What became of one reference: the rule that takes it, or why none does.

    A reason is a template and what goes into it: of a million images few are ever shown.
    """

    reference: RuleReference
    rule: NamedRule | None
    reasons: tuple[tuple[Any, ...], ...]

    @property
    def why(self) -> str:
        """The reasons in words."""
        said = [template.format(*values) for template, *values in self.reasons]
        return ", ".join(said) if self.rule is not None else "; ".join(said)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an image. `rule` is None when it stays, and `reason` says why in any case."""

    candidate: Candidate
    rule: NamedRule | None
    verdicts: tuple[Verdict, ...]
    spared: str = ""  # why it stays although its references are taken, or without a look at them

    @property
    def reason(self) -> str:
        """Why it goes or stays."""
        if self.spared:
            return self.spared
        if self.rule is not None:
            return f"taken by the rule {self.rule.name}: {self.verdicts[0].why}"
        held = next(verdict for verdict in self.verdicts if verdict.rule is None)
        return f"held back by {held.reference}: {held.why}"


def evaluate(rules: Iterable[NamedRule], images: Iterable[Candidate], now: datetime) -> Iterator[Decision]:
    """Yield a decision for each image, in their order, without holding more than one.

    `rules` are of one transition. Priorities are tried from the highest down, and the first one whose
    rules take every reference decides; disabled rules are passed over.
    """
    active = sorted(
        (named for named in rules if named.rule.enabled), key=lambda named: (-named.rule.priority, named.id)
    )
    groups = [tuple(group) for _, group in groupby(active, key=lambda named: named.rule.priority)]
    for image in images:
        yield _decide(groups, image, now)


def references_that_count(references: Iterable[RuleReference]) -> tuple[RuleReference, ...]:
    """Return what must be taken: every tag, and pushes by digest into repositories without a tag.

    A push by tag is recorded under its digest too, so an untagged reference beside a tag of the same
    repository says nothing new.
    """
    references = tuple(references)
    if references and all(one.tag for one in references):
        return references
    given = sorted(set(references), key=lambda one: (one.registry, one.repository, one.tag))
    tagged = {(one.registry, one.repository) for one in given if one.tag}
    counted = tuple(one for one in given if one.tag or (one.registry, one.repository) not in tagged)
    return counted or (RuleReference("", "", ""),)


def _decide(groups: list[tuple[NamedRule, ...]], image: Candidate, now: datetime) -> Decision:
    if image.protected_until is not None and now < image.protected_until:
        return Decision(image, None, (), f"protected until {image.protected_until.isoformat()}")
    references = references_that_count(image.references)
    kept: Decision | None = None
    for group in groups:
        verdicts = tuple(_verdict(group, reference, image, now) for reference in references)
        takers = [verdict.rule for verdict in verdicts if verdict.rule is not None]
        if len(takers) < len(verdicts):
            # The explanation that came closest: a group that takes some references over one that takes none.
            if kept is None or (takers and not any(verdict.rule for verdict in kept.verdicts)):
                kept = Decision(image, None, verdicts)
            continue
        grace = max(named.rule.restore_grace_days for named in takers)
        if image.restored_at is not None and now < (until := image.restored_at + timedelta(days=grace)):
            return Decision(image, None, verdicts, f"restored, and protected until {until.isoformat()}")
        return Decision(image, takers[0], verdicts)
    return kept or Decision(image, None, (), "no rule is enabled")


def _verdict(group: tuple[NamedRule, ...], reference: RuleReference, image: Candidate, now: datetime) -> Verdict:
    reasons = []
    for named in group:
        failing = _failing(named, reference, image, now)
        if failing is None:
            return Verdict(reference, named, _satisfied(named.rule, reference, image, now))
        reasons.append(("{}: " + failing[0], named.name, *failing[1:]))
    return Verdict(reference, None, tuple(reasons))


def _failing(named: NamedRule, reference: RuleReference, image: Candidate, now: datetime) -> tuple[Any, ...] | None:
    """Return the first criterion of the rule that does not hold for `reference`, None when all hold."""
    rule = named.rule
    if not reference.tag and not rule.untagged:
        return ("it does not name untagged images",)
    if not rule.selector.matches(reference):
        return ("its selector does not match",)
    if any(exclusion.holds(reference, image.analyzed_at, now) for exclusion in rule.exclusions):
        return ("it excludes this reference",)
    if rule.analysis_age_days is not None and now - image.analyzed_at < timedelta(days=rule.analysis_age_days):
        return "analysis_age_days is {} of {}", (now - image.analyzed_at).days, rule.analysis_age_days
    if rule.tag_versions_newer is not None and reference.newer_under_tag < rule.tag_versions_newer:
        return "tag_versions_newer is {} of {}", reference.newer_under_tag, rule.tag_versions_newer
    if rule.repository_images_newer is not None and reference.newer_in_repository < rule.repository_images_newer:
        return "repository_images_newer is {} of {}", reference.newer_in_repository, rule.repository_images_newer
    if rule.max_images is not None and named.id not in image.beyond:
        return "it is among the newest {} images", rule.max_images
    return None


def _satisfied(rule: Rule, reference: RuleReference, image: Candidate, now: datetime) -> tuple[tuple[Any, ...], ...]:
    said: list[tuple[Any, ...]] = []
    if rule.analysis_age_days is not None:
        said.append(("analysis_age_days {} >= {}", (now - image.analyzed_at).days, rule.analysis_age_days))
    if rule.tag_versions_newer is not None:
        said.append(("tag_versions_newer {} >= {}", reference.newer_under_tag, rule.tag_versions_newer))
    if rule.repository_images_newer is not None:
        said.append(("repository_images_newer {} >= {}", reference.newer_in_repository, rule.repository_images_newer))
    if rule.max_images is not None:
        said.append(("beyond the newest {} images", rule.max_images))
    return tuple(said)
