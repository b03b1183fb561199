"""Versions and requirements of gems.

Source: `Gem::Version#<=>` and `Gem::Requirement` of RubyGems: segments of digits compare as numbers,
segments of letters make a prerelease and sort below numbers, a missing segment is zero; `~> 1.2.3` is
`>= 1.2.3` and `< 1.3`.
"""

import re
from itertools import zip_longest

Segment = tuple[int, int, str]

_WORD = re.compile(r"[0-9]+|[A-Za-z]+")
_REQUIREMENT = re.compile(r"\s*(=|!=|>=|<=|~>|>|<)?\s*([0-9A-Za-z][0-9A-Za-z.-]*)\s*")
_ZERO = (1, 0, "")
_LONGEST = 100  # characters of a version


def segments(version: str) -> list[Segment]:
    """Return what `compare` compares."""
    words = _WORD.findall(version[:_LONGEST].replace("-", ".pre."))
    return [(1, int(word), "") if word[0] in "0123456789" else (0, 0, word) for word in words]


def compare(one: list[Segment], other: list[Segment]) -> int:
    """Return -1, 0 or 1."""
    for left, right in zip_longest(_canonical(one), _canonical(other), fillvalue=_ZERO):
        if left != right:
            return 1 if left > right else -1
    return 0


def satisfies(version: str, requirement: str) -> bool:
    """Tell whether a version meets a requirement (`>= 1, < 3`); a part that cannot be read is met."""
    have = segments(version)
    for part in requirement.split(",") if requirement else ():
        match = _REQUIREMENT.fullmatch(part)
        if match and not _meets(have, match[1] or "=", segments(match[2])):
            return False
    return True


def _meets(have: list[Segment], operator: str, wanted: list[Segment]) -> bool:
    order = compare(have, wanted)
    if operator == "~>":
        return order >= 0 and compare(_released(have), _bumped(wanted)) < 0
    return {"=": order == 0, "!=": order != 0, ">": order > 0, "<": order < 0, ">=": order >= 0, "<=": order <= 0}[
        operator
    ]


def _canonical(version: list[Segment]) -> list[Segment]:
    """Return a version without the zeros at the end of its numbers and at its own end."""
    numbers = _released(version)
    return [*_stripped(numbers), *_stripped(version[len(numbers) :])]


def _stripped(version: list[Segment]) -> list[Segment]:
    end = len(version)
    while end and version[end - 1] == _ZERO:
        end -= 1
    return version[:end]


def _released(version: list[Segment]) -> list[Segment]:
    """Return a version without its prerelease."""
    letters = next((at for at, segment in enumerate(version) if not segment[0]), len(version))
    return version[:letters]


def _bumped(version: list[Segment]) -> list[Segment]:
    """Return the first version that `~>` excludes: the last but one number plus one."""
    numbers = _released(version)
    numbers = numbers[:-1] if len(numbers) > 1 else numbers or [_ZERO]
    return [*numbers[:-1], (1, numbers[-1][1] + 1, "")]
