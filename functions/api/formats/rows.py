"""JSON, streamed: rows of an array, and what stands between arrays."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

SEPARATOR = ",\n"
_PART = 1 << 17  # bytes collected before a part is handed on


def array(rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield the items of a JSON array in parts of some 128 KiB, one a line, without the brackets.

    Bytes are JSON, of one item or of several between which `SEPARATOR` stands.
    """
    part = bytearray()
    separator = b"\n"
    for row in rows:
        text = row if type(row) is bytes else orjson.dumps(row)
        part += separator
        separator = b",\n"
        if len(text) > _PART:  # large enough by itself: no copy is made of it
            yield bytes(part)
            yield text
            part.clear()
            continue
        part += text
        if len(part) > _PART:
            yield bytes(part)
            part.clear()
    yield bytes(part)


def members(fields: dict[str, Any]) -> bytes:
    """Return the members of a JSON object, without the braces."""
    return orjson.dumps(fields)[1:-1]


def strings(values: Sequence[str], between: bytes) -> bytes:
    """Return the JSON of each of one or more strings, with `between` between them: much quicker than one by one."""
    together = orjson.dumps(values, option=orjson.OPT_INDENT_2)
    # A line break in a string is escaped: one that is not stands between two.
    return together[len(b"[\n  ") : -len(b"\n]")].replace(b",\n  ", between)
