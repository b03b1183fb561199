"""Pairs of versions that are hard to order: what ecosystems write, changed a little, and what nobody would write."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Pair = tuple[str, str]

_SMALL = ("0", "1", "2", "9", "10", "11", "99", "100", "2024", "20240131")
_ODD = ("00", "01", "001", "010", "1234567890123", "00000000000000000001")


@dataclass(frozen=True)
class Grammar:
    """How an ecosystem writes versions: whole ones and pieces of them, `#` becoming a number, blanks between.

    `allowed` says whether a version is one to ask about.
    """

    patterns: str
    pieces: str
    allowed: Callable[[str], object] = bool
    odd_numbers: bool = True


def pairs(grammar: Grammar, count: int, seed: int = 0) -> list[Pair]:
    """Return `count` pairs, the same for the same seed: two versions, or one and what became of it."""
    random = Random(seed)
    found: list[Pair] = []
    while len(found) < count:
        first = _numbered(random, random.choice(grammar.patterns.split()), grammar)
        kind = random.random()
        if kind < 0.2:
            second = _numbered(random, random.choice(grammar.patterns.split()), grammar)
        else:
            second = first
            if kind < 0.5:
                first = _changed(random, first, grammar)
            for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
                second = _changed(random, second, grammar)
        if _sane(first) and _sane(second) and grammar.allowed(first) and grammar.allowed(second):
            found.append((first, second))
    return found


def _sane(version: str) -> bool:
    return 0 < len(version) <= 100


def _numbered(random: Random, pattern: str, grammar: Grammar) -> str:
    numbers = _SMALL + _ODD if grammar.odd_numbers and random.random() < 0.2 else _SMALL
    return "".join(random.choice(numbers) if character == "#" else character for character in pattern)


def _changed(random: Random, version: str, grammar: Grammar) -> str:
    place = random.randrange(len(version) + 1)
    kind = random.randrange(6)
    if kind == 0:  # one number becomes another
        for start in range(place, len(version)):
            if version[start].isdigit():
                end = start + 1
                while end < len(version) and version[end].isdigit():
                    end += 1
                return version[:start] + _numbered(random, "#", grammar) + version[end:]
    if kind == 1 and place < len(version):
        return version[:place] + version[place + 1 :]
    if kind == 2:
        return version[:place] + _numbered(random, random.choice(grammar.pieces.split()), grammar) + version[place:]
    if kind == 3:
        return version + _numbered(random, random.choice(grammar.pieces.split()), grammar)
    if kind == 4:
        return version[:place] + random.choice(".0") + version[place:]
    return version[:place] + version[place : place + random.randrange(1, 4)] + version[place:]
