"""All classifiers in order of precedence, and which of them want a file by its name."""

import re
from collections import defaultdict

from analyze.catalogers.binary import databases, java, languages, programs, tools, web
from analyze.catalogers.binary.clues import Classifier
from cargohold.paths import to_text

TABLE: tuple[Classifier, ...] = (
    *languages.CLASSIFIERS,
    *databases.CLASSIFIERS,
    *web.CLASSIFIERS,
    *programs.CLASSIFIERS,
    *tools.CLASSIFIERS,
    *java.CLASSIFIERS,
)

_WILD = {"*": "[^/]*", "?": "[^/]", "#": "[0-9.]*"}


def _is_wild(glob: str) -> bool:
    return not _WILD.keys().isdisjoint(glob)


def _expression(glob: str) -> str:
    return "".join(_WILD.get(character) or re.escape(character) for character in glob)


_GLOBS = tuple(dict.fromkeys(glob for row in TABLE for glob in row.files))

NAMES = frozenset(glob.encode() for glob in _GLOBS if not _is_wild(glob))
"""Base names without wild cards."""


PATHS: tuple[bytes, ...] = (
    rb"(?>(?:.*/)?)(?:%b)" % "|".join(_expression(glob) for glob in _GLOBS if _is_wild(glob)).encode(),
)
"""For `Patterns.paths`: the other globs."""


_EXACT: dict[str, list[int]] = defaultdict(list)
_WILDCARDS: list[tuple[re.Pattern[str], int]] = []
for _position, _row in enumerate(TABLE):
    for _glob in _row.files:
        if _is_wild(_glob):
            _WILDCARDS.append((re.compile(_expression(_glob), re.DOTALL), _position))
        else:
            _EXACT[_glob].append(_position)


def candidates(path: bytes) -> list[int]:
    """Return the positions of the classifiers that want the file at a path, in order."""
    text = to_text(path)
    name = text.rpartition("/")[2]
    found = {*_EXACT.get(name, ()), *(position for expression, position in _WILDCARDS if expression.fullmatch(name))}
    return [row for row in sorted(found) if not TABLE[row].path or re.search(TABLE[row].path, text)]
