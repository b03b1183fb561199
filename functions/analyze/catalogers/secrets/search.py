"""Finds secrets in bytes, in time linear in their number.

First look: all probes at once, with the automaton of Rust's regex crate that pydantic brings (it takes
hundreds of MiB a second, where the alternation in `re` takes twenty, and cannot backtrack). Nearly all text
ends here. What is left is looked at in blocks: keywords by `find`, and a rule's expression at each place of
its keyword. The number of places is bounded, so that a text of nothing but keywords ends as well.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic_core import SchemaValidator, core_schema

from analyze.catalogers.secrets.rule import Rule, plain
from analyze.catalogers.secrets.values import is_real

_PIECE = 256 << 10  # of a large text, so that no copy of it is large
_BLOCK = 16 << 10
_OVERLAP = 1200  # longer than what a probe must see: the header of a JWT
_WORK = 1 << 20  # places looked at in one text, with the bytes before each and of each value that are searched too
_GROUP = 8  # keywords that are looked for at once, before each of those that may be there
_MOST = 200  # findings in one text
# What probes see in the place of each byte. They ask for none over 127, and of these `\s` takes two.
_ASCII = bytes(range(128)) + bytes(0x0B if byte in (0x85, 0xA0) else 1 for byte in range(128, 256))
# An assignment as `rule.assigned` has it, up to where the shortest value is long enough.
_GIVEN = (
    r"[0-9A-Za-z_ .\-]{0,40}[\x22'\])]{0,2}[ \t]{0,4}(?::=|=>|[:=,>])[ \t]{0,4}[\x22'(\[]{0,2}[0-9A-Za-z_+/=.\-]{14}"
)


@dataclass(frozen=True, slots=True)
class Match:
    """A secret: where its value stands, and from 1 the line and the byte of the line at which it begins."""

    rule: Rule
    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Found:
    """The secrets of a text, in their order. `whole` tells whether all of it was searched."""

    matches: tuple[Match, ...]
    whole: bool = True


def as_ascii(content: bytes) -> str:
    """Return a text in which probes find what they find in `content` read as Latin-1.

    The engine takes UTF-8, and to make it of other text than ASCII takes longer than the search.
    """
    return str(content if content.isascii() else content.translate(_ASCII), "ascii")


class Searcher:
    """Rules, compiled. Of values that more than one rule finds, the rule that stands first has them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._expressions: dict[int, re.Pattern[bytes]] = {}
        self._keywords: dict[tuple[bool, bytes], list[int]] = {}
        for number, rule in enumerate(rules):
            for keyword in rule.keywords:
                self._keywords.setdefault((rule.fold, keyword.encode()), []).append(number)
        self._probe = _contains(_probe(rules))
        self._groups = [
            (fold, group, _contains("|".join(plain(keyword.decode()) for _, keyword in group)))
            for fold in (False, True)
            for group in _groups([key for key in self._keywords if key[0] is fold])
        ]

    def search(self, content: bytes, name: bytes = b"") -> Found:
        """Return the secrets of a text; `name` is the base name of its file."""
        found: list[tuple[int, int, int]] = []
        left = _WORK
        for at in self._blocks(content):
            for number, place in self._places(content, at):
                rule, expression = self._rules[number], self._expression(number)
                left -= 1 + rule.back
                if left < 0 or len(found) >= 4 * _MOST:
                    return self._settled(content, found, whole=False)
                match = expression.search(content, max(0, place - rule.back), place + rule.reach) if rule.back else (
                    expression.match(content, place, place + rule.reach)
                )  # fmt: skip
                if match is None or (rule.files and not re.fullmatch(rule.files.encode(), name, re.IGNORECASE)):
                    continue
                left -= len(match["value"])
                if is_real(rule, match["value"]) and (rule.confirm is None or rule.confirm(content, match)):
                    found.append((number, *match.span("value")))
        return self._settled(content, found, whole=True)

    def _expression(self, number: int) -> "re.Pattern[bytes]":
        """Return the expression of a rule, compiled when it is needed: few ever are, and all take 10 ms."""
        if (expression := self._expressions.get(number)) is None:
            expression = self._expressions[number] = re.compile(self._rules[number].expression.encode())
        return expression

    def may_have(self, text: str) -> bool:
        """Tell whether a text, as `as_ascii` has it, has anything that is looked at twice. Nearly none has."""
        return self._probe(text)

    def _blocks(self, content: bytes) -> Iterator[int]:
        """Yield where the blocks begin in which something may be."""
        for piece in range(0, len(content), _PIECE):
            if self._block_may(content, piece, _PIECE):
                for at in range(piece, min(piece + _PIECE, len(content)), _BLOCK):
                    if self._block_may(content, at, _BLOCK):
                        yield at

    def _block_may(self, content: bytes, at: int, size: int) -> bool:
        return self.may_have(as_ascii(content[max(0, at - _OVERLAP) : at + size + _OVERLAP]))

    def _places(self, content: bytes, at: int) -> Iterator[tuple[int, int]]:
        """Yield the rules to try in a block, and where their keywords begin."""
        end = at + _BLOCK + _OVERLAP
        block = content[at:end]
        folded = block.lower()
        texts = (as_ascii(block), as_ascii(folded))
        there = {key for fold, group, contained in self._groups if contained(texts[fold]) for key in group}
        for (fold, keyword), numbers in self._keywords.items():
            if (fold, keyword) not in there:
                continue
            text = folded if fold else block
            place = text.find(keyword)
            while 0 <= place < _BLOCK:
                for number in numbers:
                    yield number, at + place
                place = text.find(keyword, place + 1)

    def _settled(self, content: bytes, found: Iterable[tuple[int, int, int]], *, whole: bool) -> Found:
        """Return matches in the order of the text, none over another."""
        taken: list[tuple[int, int, int]] = []
        for number, start, end in sorted(set(found)):
            if not any(start < other_end and other < end for other, other_end, _ in taken):
                taken.append((start, end, number))
        taken.sort()
        matches = []
        line, before = 1, 0
        for start, end, number in taken[:_MOST]:
            line += content.count(b"\n", before, start)
            before = start
            column = start - content.rfind(b"\n", 0, start)
            matches.append(Match(self._rules[number], start, end, line, column))
        return Found(tuple(matches), whole and len(taken) <= _MOST)


def _contains(expression: str) -> Callable[[str], bool]:
    """Return what tells whether an expression of Rust's regex crate is found in a text."""
    return SchemaValidator(core_schema.str_schema(pattern=expression)).isinstance_python


def _groups(keys: Sequence[tuple[bool, bytes]]) -> Iterator[Sequence[tuple[bool, bytes]]]:
    for start in range(0, len(keys), _GROUP):
        yield keys[start : start + _GROUP]


def _probe(rules: Sequence[Rule]) -> str:
    assigned = [plain(keyword) for rule in rules if rule.fold and not rule.probe for keyword in rule.keywords]
    others = [
        rule.probe or "|".join(map(plain, rule.keywords)) for rule in rules if rule.probe or not rule.fold
    ]  # fmt: skip
    named = [f"(?i-u:{'|'.join(dict.fromkeys(assigned))}){_GIVEN}"] if assigned else []
    return "|".join(dict.fromkeys([*others, *named]))
