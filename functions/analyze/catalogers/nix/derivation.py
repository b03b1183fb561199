"""Derivations: what a store path was built from.

Source: the Nix manual, "Derivation" (ATerm format), and `parseDerivation` in Nix's `src/libstore/derivations.cc`:
`Derive([(output,path,algorithm,hash),...],[(derivation,[output,...]),...],[source,...],system,...)`.
"""

import re
from collections.abc import Iterator
from typing import Any

from analyze.catalogers.text import clean

_MOST = 20_000  # outputs and inputs
_TOKEN = re.compile(r'"((?>(?:[^"\\]|\\.)*))"|([\[\](),])', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_START = "Derive("


def derivation(text: str) -> dict[str, Any]:
    """Return `outputs` (name to path), `system`, and Syft's `inputDerivations` and `inputSources`.

    Raises `ValueError` when the text is no derivation.
    """
    if not text.startswith(_START):
        raise ValueError("no derivation")
    reader = _Reader(text)
    outputs = {item[0]: item[1] for item in reader.tuples() if len(item) > 1}
    reader.expect(",")
    inputs = [{"path": item[0], "outputs": sorted(item[1:])} for item in reader.tuples() if item]
    reader.expect(",")
    sources = reader.strings()
    reader.expect(",")
    found = {
        "outputs": outputs,
        "system": reader.string(),
        "inputDerivations": sorted(inputs, key=lambda one: str(one["path"])),
        "inputSources": sorted(sources),
    }
    return {key: value for key, value in found.items() if value}


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = len(_START)
        self._left = _MOST

    def _next(self) -> tuple[str | None, str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise ValueError(f"no derivation at character {self._at}")
        self._at = match.end()
        if match[2] is not None:
            return None, match[2]
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {_MOST} outputs and inputs")
        value = match[1]
        if "\\" in value:
            value = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), value)
        return clean(value), ""

    def expect(self, sign: str) -> None:
        if self._next() != (None, sign):
            raise ValueError(f"no {sign} at character {self._at}")

    def string(self) -> str:
        value, _ = self._next()
        if value is None:
            raise ValueError(f"no string at character {self._at}")
        return value

    def strings(self) -> list[str]:
        """Read a list of strings."""
        self.expect("[")
        return list(self._items("]"))

    def tuples(self) -> Iterator[list[str]]:
        """Read a list of tuples; a list of strings inside one counts as more members of it."""
        self.expect("[")
        while True:
            value, sign = self._next()
            if sign == "]":
                return
            if sign == "(":
                yield list(self._items(")"))
            elif sign != "," or value is not None:
                raise ValueError(f"no tuple before character {self._at}")

    def _items(self, end: str) -> Iterator[str]:
        while True:
            value, sign = self._next()
            if sign == end:
                return
            if value is not None:
                yield value
            elif sign == "(":
                raise ValueError(f"a tuple in a tuple before character {self._at}")
