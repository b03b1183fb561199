"""A rule: what one kind of secret looks like. The tables are in `rules`.

An expression is tried only where a keyword stands, in a window of fixed size around it, and every
quantifier in it is bounded: the work for a file is linear in its size, whatever is in it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

LEFT = r"(?<![A-Za-z0-9_])"
RIGHT = r"(?![A-Za-z0-9_])"
UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_BETWEEN = r"[\w .\-]{0,40}?[\"'\])]{0,2}[ \t]{0,4}(?::=|=>|[:=,>])[ \t]{0,4}[\"'(\[]{0,2}"
_SHOWN = 12  # most characters of a public prefix that a snippet shows

Confirm = Callable[[bytes, "re.Match[bytes]"], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret.

    `expression` has a group `value`; it begins at most `back` bytes before the first byte of a keyword and
    ends at most `reach` bytes after it. Keywords in lower case match any case when `fold` is set.

    `probe` is what the first look at a text searches for, in the syntax of Rust's regex crate: the keywords
    when it is empty, and for names that have a value assigned, the assignment too.

    `shown` characters of a value are the same in every value of the kind; `entropy` is the least that the
    rest has, in bits a character. `strong` says that nobody can guess a value from its hash. `mixed` values
    have letters and digits. `confirm` looks at what surrounds a match. `files` is an expression over base
    names, where only these hold the secret.
    """

    id: str
    category: str
    title: str
    severity: str
    keywords: tuple[str, ...]
    expression: str
    probe: str = ""
    fold: bool = False
    back: int = 0
    reach: int = 500
    shown: int = 0
    entropy: float = 0.0
    strong: bool = True
    mixed: bool = False
    confirm: Confirm | None = None
    files: str = ""


def token(
    identifier: str,
    category: str,
    title: str,
    severity: str,
    prefixes: tuple[str, ...],
    rest: str,
    *,
    entropy: float = 2.5,
    shown: int = _SHOWN,
    left: str = LEFT,
    right: str = RIGHT,
    reach: int = 500,
    probe: str = "",
    confirm: Confirm | None = None,
) -> Rule:
    """Return the rule for values that begin with one of `prefixes` and go on with `rest`."""
    starts = "|".join(map(re.escape, prefixes))
    return Rule(
        identifier,
        category,
        title,
        severity,
        prefixes,
        f"{left}(?P<value>(?:{starts}){rest}){right}",
        probe=probe,
        reach=reach,
        shown=min(shown, *map(len, prefixes)),
        entropy=entropy,
        confirm=confirm,
    )


def assigned(
    identifier: str,
    category: str,
    title: str,
    severity: str,
    words: tuple[str, ...],
    value: str,
    *,
    entropy: float = 3.0,
    mixed: bool = True,
    shown: int = 0,
    strong: bool = True,
    right: str = r"(?![A-Za-z0-9_\-+/=])",
) -> Rule:
    """Return the rule for values without a form of their own, assigned to a name that has one of `words` in it."""
    vendors = "|".join(map(re.escape, words))
    return Rule(
        identifier,
        category,
        title,
        severity,
        words,
        f"(?i:{vendors}){_BETWEEN}(?P<value>{value}){right}",
        fold=True,
        shown=shown,
        entropy=entropy,
        mixed=mixed,
        strong=strong,
    )


def plain(text: str) -> str:
    """Return a text as an expression in the syntax that Python and Rust share."""
    return re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\1", text)
