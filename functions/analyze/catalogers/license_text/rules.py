"""Lines of `EXPRESSION: phrase & phrase ! phrase` as rules over normal text."""

from collections.abc import Sequence
from dataclasses import dataclass

_COMMON = frozenset(
    b"license licence licensed version public software january general under terms conditions distribution permission"
    b" documentation redistributions copyright source general agreement package document everyone programming".split()
)
NONE = "NONE"  # stands in the place of an expression for what is some other licence


@dataclass(frozen=True, slots=True)
class Rule:
    """Phrases that a text has to have, and those that it may not have, for a licence."""

    expression: str
    needed: tuple[bytes, ...]
    excluded: tuple[bytes, ...]
    rarest: bytes  # a word of the first phrase: without it there is nothing to search for

    def fits(self, text: bytes) -> bool:
        """Tell whether normal text has them."""
        return all(phrase in text for phrase in self.needed) and not any(phrase in text for phrase in self.excluded)


def parsed(lines: str) -> tuple[Rule, ...]:
    """Return the rules of a table, in its order."""
    rules = []
    for line in filter(None, lines.replace("\n  ", " ").split("\n")):
        expression, _, phrases = line.partition(": ")
        needed, _, excluded = phrases.encode().partition(b" ! ")
        first = needed.partition(b" & ")[0]
        rarest = max(first.split(), key=lambda word: (word not in _COMMON, len(word)))
        rules.append(Rule(expression, tuple(needed.split(b" & ")), tuple(filter(None, excluded.split(b" & "))), rarest))
    return tuple(rules)


def found(rules: Sequence[Rule], text: bytes, words: frozenset[bytes]) -> list[str]:
    """Return the licences of all rules that normal text, of these words, fits."""
    return [rule.expression for rule in rules if rule.rarest in words and rule.fits(text)]


def first(rules: Sequence[Rule], text: bytes) -> str:
    """Return the licence of the first rule that fits, or ""."""
    expression = next((rule.expression for rule in rules if rule.fits(text)), NONE)
    return "" if expression == NONE else expression
