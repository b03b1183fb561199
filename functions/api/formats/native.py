"""`json`: the documents of an analysis as one JSON object, `{"analysis", "packages", "relationships", "unknowns"}`.

Files are left out: there are tens of thousands, and `files` is a document of its own.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from api.analyses import AnalysisReader
from cargohold import documents


def render(reader: AnalysisReader) -> Iterator[bytes]:
    """Yield the object, streamed."""
    yield b'{"analysis":' + reader.analysis.model_dump_json().encode()
    yield from _rows(b"packages", map(documents.PACKAGES.to_json, reader.packages()))
    yield from _rows(b"relationships", map(documents.RELATIONSHIPS.to_json, reader.relationships()))
    yield from _rows(b"unknowns", map(documents.UNKNOWNS.to_json, reader.unknowns()))
    yield b"}\n"


def _rows(name: bytes, rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield b',"' + name + b'":['
    separator = b"\n"
    for row in rows:
        yield separator + orjson.dumps(row)
        separator = b",\n"
    yield b"]"
