"""An archive rule as it is written, stored and sent. `archive.rules` says what rules do.

The fields are those of `docs/archive-rules.md`. The model follows Anchore Engine 1.1.0, `ArchiveTransitionRule`.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cargohold.errors import InvalidRule

Days = Annotated[int, Field(ge=0, le=36_500)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Glob = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\u0000]*$")]  # the database takes no NUL


class RuleTransition(StrEnum):
    """What a rule does: `archive` moves analyses into the archive, `delete` removes archived ones."""

    ARCHIVE = "archive"
    DELETE = "delete"


class Named(Protocol):
    """What a selector looks at; `tag` is "" for a push by digest alone."""

    @property
    def registry(self) -> str: ...

    @property
    def repository(self) -> str: ...

    @property
    def tag(self) -> str: ...


class Selector(BaseModel):
    """Globs over a reference; `*` stands for any characters, also `/`, and all else for itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    registry: Glob = "*"
    repository: Glob = "*"
    tag: Glob = "*"

    def matches(self, reference: Named) -> bool:
        """Tell whether all three globs match; an untagged reference is matched by any tag glob."""
        return (
            # Most globs are stars, and a run asks a million times.
            (self.registry == "*" or _matches(self.registry, reference.registry))
            and (self.repository == "*" or _matches(self.repository, reference.repository))
            and (self.tag == "*" or not reference.tag or _matches(self.tag, reference.tag))
        )


class Exclusion(BaseModel):
    """References that a rule leaves alone, for `expiration_days` after the analysis or for ever."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    selector: Selector
    expiration_days: Days | None = None

    def holds(self, reference: Named, analyzed_at: datetime, now: datetime) -> bool:
        """Tell whether `reference` is excluded."""
        if self.expiration_days is not None and now - analyzed_at >= timedelta(days=self.expiration_days):
            return False
        return self.selector.matches(reference)


class Rule(BaseModel):
    """A rule as it is stored and sent. A criterion that is not set is not asked."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    transition: RuleTransition
    selector: Selector = Selector()
    analysis_age_days: Days | None = None
    tag_versions_newer: Count | None = None
    repository_images_newer: Count | None = None
    max_images: Count | None = None
    exclusions: Annotated[tuple[Exclusion, ...], Field(max_length=100)] = ()
    untagged: bool = False
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    restore_grace_days: Days = 30
    enabled: bool = True

    @model_validator(mode="after")
    def _has_a_criterion(self) -> "Rule":
        criteria = (self.analysis_age_days, self.tag_versions_newer, self.repository_images_newer, self.max_images)
        if all(criterion is None for criterion in criteria):
            raise ValueError("set at least one criterion, or the rule takes every image at once")
        return self


def parse_rule(document: Any) -> Rule:
    """Return the rule that a JSON value states; raises `InvalidRule` naming the first wrong field."""
    try:
        return Rule.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where, said = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        raise InvalidRule(reason=f"{where}: {said}" if where else said) from None


def _matches(glob: str, text: str) -> bool:
    """Match the pieces between the stars from left to right: linear, where a regular expression backtracks."""
    first, *rest = glob.split("*")
    if not rest:
        return text == glob
    *middle, last = rest
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
