"""Tables for people, JSON for machines."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from cargohold.printable import printable


def write_json(value: Any) -> None:
    """Write one JSON value, indented, to standard output."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    write_parts([orjson.dumps(value, default=_json_default, option=option)])


def _json_default(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def write_parts(parts: Iterable[bytes]) -> None:
    """Write parts of bytes to standard output."""
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def write_table(header: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Write columns as wide as their widest cell, or the sentence `empty` when there are no rows."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    if not cells:
        sys.stdout.write(empty + "\n")
        return
    table = [[name.upper() for name in header], *cells]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Write a line for the person watching, apart from the result."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def sizes(number: int) -> str:
    """Return a number of bytes for people."""
    value = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def paged(rows: Iterable[Any], limit: int) -> Iterator[Any]:
    """Yield at most `limit` rows; all of them when it is 0."""
    for number, row in enumerate(rows):
        if limit and number >= limit:
            return
        yield row
