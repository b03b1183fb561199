"""A document: a name, a schema version, a writer and a reader.

Documents of rows are JSON Lines in UTF-8: a header line `{"document": name, "schema_version": n}`,
then one row a line, keys in the order of the dataclass, defaults left out. The same rows give the
same bytes; no document holds a time, an analysis id or a host. Both directions stream.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from cargohold.errors import InvalidDocument

Row = TypeVar("Row")

_PART = 1 << 18  # bytes collected before a part is handed on


@dataclass(frozen=True, slots=True)
class RowDocument(Generic[Row]):
    """A document made of rows."""

    name: str
    schema_version: int
    to_json: Callable[[Row], dict[str, Any]]
    from_json: Callable[[dict[str, Any]], Row]

    def write(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """Yield the document's bytes in parts of some 256 KiB, or one row."""
        to_json = self.to_json
        part = bytearray(self._header())
        for row in rows:
            part += orjson.dumps(to_json(row), option=orjson.OPT_APPEND_NEWLINE)
            if len(part) >= _PART:
                yield bytes(part)
                part.clear()
        yield bytes(part)

    def write_lines(self, lines: Iterable[bytes | memoryview]) -> Iterator[bytes]:
        """Yield the document of rows that are written already, each as `write` would, its end included.

        `lines` are one or many at a time.
        """
        part = bytearray(self._header())
        for some in lines:
            for start in range(0, len(some), _PART):
                part += some[start : start + _PART]
                if len(part) >= _PART:
                    yield bytes(part)
                    part.clear()
        yield bytes(part)

    def _header(self) -> bytes:
        header = {"document": self.name, "schema_version": self.schema_version}
        return orjson.dumps(header, option=orjson.OPT_APPEND_NEWLINE)

    def read(self, parts: Iterable[bytes]) -> Iterator[Row]:
        """Yield the rows; raises `InvalidDocument` on anything that is not this document."""
        lines = _lines(parts)
        try:
            header = orjson.loads(next(lines, b""))
            if header.get("document") != self.name:
                raise InvalidDocument(document=self.name, reason=f"its header names {header.get('document')!r}")
            if header.get("schema_version") != self.schema_version:
                version = header.get("schema_version")
                raise InvalidDocument(document=self.name, reason=f"schema version {version} is not known")
            for line in lines:
                yield self.from_json(orjson.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidDocument(document=self.name, reason=str(error)) from error


@dataclass(frozen=True, slots=True)
class ExactDocument:
    """A document whose bytes are kept as the registry served them."""

    name: str
    schema_version: int = 1

    def write(self, content: bytes) -> Iterator[bytes]:
        """Yield `content`."""
        yield content

    def read(self, parts: Iterable[bytes]) -> bytes:
        """Return the content."""
        return b"".join(parts)


def _lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
    if rest:
        yield rest
