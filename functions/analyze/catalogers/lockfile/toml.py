"""TOML out of an image: bounded, never an exception but `ValueError`.

Source: TOML 1.0. The standard library's parser takes time that grows with the square of the parts of a
dotted key, and recurses once or more for each bracket; no lock file needs more than a few of either.
"""

import re
import tomllib
from typing import Any

from analyze.catalogers.text import decoded

LIMIT = 4 << 20
_DOTS = 16  # of one line, outside strings and comments
# As TOML ends them, so that nothing outside a string looks as if it were inside. What does not end goes on to
# the end of the file or line: it is an error to the parser, which reads nothing after it.
_STRING = re.compile(
    r'"""(?>(?:[^"\\]|\\.|"(?!""))*)(?:"{3,5})?'
    r"|'''(?>(?:[^']|'(?!''))*)(?:'{3,5})?"
    r'|"(?>(?:[^"\\\n]|\\.)*)"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
_DOTTED = re.compile(rf"(?:\.[^.\n]*+){{{_DOTS + 1}}}")


def loads(data: bytes) -> dict[str, Any]:
    """Return the tables of a document; raises `ValueError` when it is no TOML, or none that is safe to read."""
    if len(data) > LIMIT:
        raise ValueError(f"larger than {LIMIT} bytes")
    document = decoded(data)
    if _DOTTED.search(_STRING.sub("", document)):
        raise ValueError(f"a key of more than {_DOTS} parts")
    try:
        return tomllib.loads(document)
    except RecursionError:
        raise ValueError("nests too deep") from None
