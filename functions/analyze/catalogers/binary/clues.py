"""How a product is known: what its files are called, and in which words its version stands in them.

A clue is found in two steps: a hook, which is rare and starts with a literal so that whole files are
searched for it at the speed of memchr, and an expression that has to match near the hook. Windows and
quantifiers are bounded, so that a file costs its length whatever is in it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

BEFORE, AFTER = 256, 1536  # the widest windows around a hook

TWO = rb"[0-9]{1,5}\.[0-9]{1,5}"
THREE = rb"[0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,5}"
FOUR = THREE + rb"\.[0-9]{1,5}"
TWO_OR_THREE = TWO + rb"(?:\.[0-9]{1,5})?"
NULS = rb"\x00{1,32}"
APART = rb"(?<![0-9A-Za-z.+/_-])"  # nothing before that could belong to the version

_DOTTED = rb"\.[0-9]{1,5}\.[0-9]"
_DOT = rb"\.[0-9]"


@dataclass(frozen=True, slots=True)
class Clue:
    """One form of a version string; `expression` names what it finds `version`, or nothing when it only proves.

    `before` and `after` are bytes around the start of the hook, in which the whole expression must fit.
    `beyond` is another expression that must be found in the `reach` bytes behind it.
    """

    hook: bytes
    expression: bytes
    before: int = 0
    after: int = 256
    beyond: bytes = b""
    reach: int = 0


@lru_cache(maxsize=1024)
def compiled(expression: bytes) -> re.Pattern[bytes]:
    """Return a hook or an expression of the table, compiled when a file first asks for it."""
    return re.compile(expression)


def version(expression: bytes) -> bytes:
    """Return an expression whose match is the version."""
    return rb"(?P<version>%b)" % expression


def following(literal: bytes, expression: bytes, then: bytes = b"") -> Clue:
    """Return the clue of a version right behind a literal."""
    escaped = re.escape(literal)
    return Clue(escaped, escaped + version(expression) + then)


def near(literal: bytes, expression: bytes, before: int = 0, after: int = 128) -> Clue:
    """Return the clue of an expression, which names its `version`, around a literal.

    NUL is the commonest byte of a program: leading ones are left to the expression.
    """
    rare = literal.lstrip(b"\0")
    return Clue(re.escape(rare), expression, before + len(literal) - len(rare), after)


def dotted(expression: bytes, before: int = 48, after: int = 128, *, beyond: bytes = b"", reach: int = 0) -> Clue:
    """Return the clue of an expression with a version of three numbers, when nothing rarer is near it."""
    return Clue(_DOTTED, expression, before, after, beyond, reach)


def point(expression: bytes, before: int = 32, after: int = 64) -> Clue:
    """Return the clue of an expression with a version of two numbers. For small files: many places look so."""
    return Clue(_DOT, expression, before, after)


def proof(literal: bytes) -> Clue:
    """Return the clue that a literal is there at all."""
    return Clue(re.escape(literal), re.escape(literal))


def ended(expression: bytes, start: bytes = rb"\x00") -> bytes:
    """Return the expression of a version between NULs."""
    return start + version(expression) + rb"\x00"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The version, or the proof, is in another file: an imported library, or one with a relative path.

    `family` is what that file's own classifier `provides`; `imports` is matched with the names of imported
    libraries; `siblings` are relative to the file's directory.
    """

    family: str
    imports: str = ""
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Classifier:
    """One row of the table.

    `name` is Syft's class. `purl` is type/namespace/name. `package` is "" when the file only helps others.
    `files` are globs of base names, in which `#` is digits and dots; `path` must match within the whole path.
    `clues` come best first. `template` matches base names with a `version`, which stands in the place of `%b`
    in the expressions of clues. All of `requires` must be in the file. Of classifiers with the same `branch`
    the first one holds; without one, a classifier is a branch of its own. `elsewhere` alone is an alternative
    to clues, and with clues a condition.
    """

    name: str
    package: str
    purl: str
    files: tuple[str, ...]
    clues: tuple[Clue, ...] = ()
    path: str = ""
    template: tuple[str, tuple[bytes, ...]] | None = None
    requires: tuple[bytes, ...] = ()
    branch: str = ""
    elsewhere: Elsewhere | None = None
    provides: str = ""
