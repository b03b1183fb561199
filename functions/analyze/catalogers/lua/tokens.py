"""Words of the Lua language.

Source: the Lua 5.4 reference manual, 3.1 "Lexical Conventions".
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST = 50_000  # of one file

_TOKEN = re.compile(
    r"""(?P<blank>\s++)|(?P<comment>--)|(?P<long>\[=*+\[)|(?P<name>[A-Za-z_]\w*+)|(?P<number>\.?[0-9][\w.]*+)"""
    r"""|"(?P<double>[^"\\\n]*+(?>(?:\\(?:z\s*+|[\s\S])[^"\\\n]*+)*))"|'(?P<single>[^'\\\n]*+(?>(?:\\(?:z\s*+|[\s\S])[^'\\\n]*+)*))'"""
    r"""|(?P<operator>\.\.\.|\.\.|[=~<>]=|//|::|[-+*/%^\#&|~<>=(){}\[\];:,.])"""
)
_ESCAPE = re.compile(
    r"(?P<octets>(?>(?:\\x[0-9A-Fa-f]{2}|\\[0-9]{1,3})+))|\\(?:u\{(?P<code>[0-9A-Fa-f]{1,6})\}|z\s*+|(?P<letter>[\s\S]))"
)
_OCTET = re.compile(r"x[0-9A-Fa-f]{2}|[0-9]{1,3}")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Token(NamedTuple):
    """`kind` is name, number, string or operator; `text` a string's value, else what is written."""

    kind: str
    text: str


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a file up to the first that is none, at most `MOST`."""
    position = 2 if text.startswith("#!") else 0
    for _ in range(MOST):
        match = _TOKEN.match(text, position)
        if match is None:
            return
        position, kind = match.end(), match.lastgroup or ""
        if kind == "comment":
            long = _TOKEN.match(text, position)
            if long is None or long["long"] is None:
                position = _line_end(text, position)
                continue
            match, kind, position = long, "blank long", long.end()
        if kind.endswith("long"):
            closing = match[0].replace("[", "]")
            end = text.find(closing, position)
            if end < 0:
                return
            if kind == "long":
                yield Token("string", text[position:end].removeprefix("\n"))
            position = end + len(closing)
        elif kind in ("double", "single"):
            yield Token("string", _unescaped(match[kind]))
        elif kind != "blank":
            yield Token(kind, match[0])


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escaped, text) if "\\" in text else text


def _escaped(match: re.Match[str]) -> str:
    if (letter := match["letter"]) is not None:
        return _LETTERS.get(letter, letter)
    if (octets := match["octets"]) is not None:
        words = _OCTET.findall(octets)
        numbers = [int(word[1:], 16) if word[0] == "x" else int(word) for word in words]
        return bytes(number & 0xFF for number in numbers).decode("utf-8", "replace")
    number = int(match["code"] or "0", 16)
    return "" if match["code"] is None else chr(number) if number <= 0x10FFFF else "\ufffd"
