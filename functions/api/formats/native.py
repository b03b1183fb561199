"""`json`: the documents of an analysis as one JSON object, `{"analysis", "packages", "relationships", "unknowns"}`.

Files are left out: there are tens of thousands, and `files` is a document of its own.
"""

from collections.abc import Iterator

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.rows import array
from cargohold import documents


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:  # noqa: ARG001 (what every format takes)
    """Yield the object, streamed."""
    # Where the documents lie is no part of what is in the image, and is not known before they are stored.
    yield b'{"analysis":' + reader.analysis.model_dump_json(exclude={"documents"}).encode()
    for name, rows in (
        (b"packages", map(documents.PACKAGES.to_json, reader.packages())),
        (b"relationships", map(documents.RELATIONSHIPS.to_json, reader.relationships())),
        (b"unknowns", map(documents.UNKNOWNS.to_json, reader.unknowns())),
    ):
        yield b',"' + name + b'":['
        yield from array(rows)
        yield b"]"
    yield b"}\n"
