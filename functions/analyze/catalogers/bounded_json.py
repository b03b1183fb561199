"""JSON out of an image: bounded depth, never an exception but `ValueError`."""

import json
import re
from typing import Any

import orjson

from analyze.catalogers.text import decoded

DEPTH = 64
DOCUMENTS = 1000
# Possessive, and a string may end with the file: else every quote of a hostile file is tried to its end.
_STRUCTURE = re.compile(rb'"[^"\\]*+(?>(?:\\.?[^"\\]*+)*)"?|[\[{\]}]', re.DOTALL)
_BLANK = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


def loads(data: bytes, depth: int = DEPTH) -> Any:
    """Return the JSON value in `data`; of a key that occurs twice, the last value.

    Raises `ValueError` when it is not JSON or nests deeper than `depth`.
    """
    return documents(data, depth)[0]


def documents(data: bytes, depth: int = DEPTH) -> list[Any]:
    """Return the JSON values that follow each other in `data`, at least one.

    Lone surrogates, which RFC 8259 section 8.2 leaves open, are kept in the strings: `text.clean` takes
    them out. Raises `ValueError` as `loads` does.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    check_depth(data, depth)
    try:
        return [orjson.loads(data)]
    except orjson.JSONDecodeError:
        return _lenient(decoded(data))


def check_depth(data: bytes, depth: int = DEPTH) -> None:
    """Raise `ValueError` when brackets outside strings nest deeper than `depth`."""
    if data.count(b"[") + data.count(b"{") <= depth:
        return
    level = 0
    for match in _STRUCTURE.finditer(data):
        token = match[0]
        if token in b"[{":
            level += 1
            if level > depth:
                raise ValueError(f"nests deeper than {depth}")
        elif token in b"]}":
            level -= 1


def _lenient(text: str) -> list[Any]:
    values = []
    position = 0
    while (position := _after_blanks(text, position)) < len(text):
        value, position = _DECODER.raw_decode(text, position)
        values.append(value)
        if len(values) > DOCUMENTS:
            raise ValueError(f"more than {DOCUMENTS} JSON values in one file")
    if not values:
        raise ValueError("no JSON value")
    return values


def _after_blanks(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
