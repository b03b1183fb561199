"""Ranges of versions, in the order of the packages' ecosystem: `>=1.2,<2`."""

import re
from dataclasses import dataclass
from typing import Any

from cargohold.errors import InvalidQuery
from cargohold.versions import key, ordered

_BOUND = re.compile(r"\s*(>=|>|<=|<|==?)\s*(\S.*?)\s*")
MAX_BOUNDS = 10


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range. `operator` is >=, >, <=, < or = (equal to the ecosystem: 1.0 and 1.0.0 may be)."""

    operator: str
    version: str


def is_range(text: str) -> bool:
    """Tell whether `text` is meant as a range rather than as a version."""
    return text.lstrip()[:1] in ("<", ">", "=")


def parse_range(text: str) -> tuple[Bound, ...]:
    """Return the bounds of `>=1.2,<2`; all of them must hold. Raises `InvalidQuery`."""
    matches = [_BOUND.fullmatch(part) for part in text.split(",")]
    if len(matches) > MAX_BOUNDS or not all(matches):
        raise InvalidQuery(reason=f"{text[:100]!r} is no range of versions; write it as >=1.2,<2")
    return tuple(Bound(match[1][:1] if match[1] == "==" else match[1], match[2]) for match in matches if match)


def conditions(type: str | None, bounds: tuple[Bound, ...]) -> tuple[list[str], dict[str, Any]]:  # noqa: A002
    """Return SQL conditions on `package p` of `type`, and their parameters.

    A package whose version has no key is in no range. Raises `InvalidQuery` without a type, for one whose
    versions have no order here, and for a bound that is no version of that type.
    """
    if type is None:
        raise InvalidQuery(reason="a range of versions needs a type of packages, since each has an order of its own")
    if not ordered(type):
        raise InvalidQuery(reason=f"versions of type {type!r} have no order")
    found, parameters = [], {}
    for place, bound in enumerate(bounds):
        made = key(type, bound.version)
        if made is None:
            raise InvalidQuery(reason=f"{bound.version[:100]!r} is no version of type {type!r}")
        found.append(f"p.version_key {bound.operator} %(p_key{place})s")
        parameters[f"p_key{place}"] = made
    return found, parameters
