"""SPDX 2.3 as JSON (`schemas/spdx-schema.json` of spdx/spdx-spec, v2.3)."""

from collections.abc import Iterator

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.rows import array, members
from api.formats.spdx.document import Document


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:
    """Yield the document, streamed: one package, annotation and relationship at a time."""
    document = Document(reader, request)
    yield b"{" + members(document.head())
    for name, rows in (
        (b"packages", document.packages()),
        (b"annotations", document.annotations()),
        (b"relationships", document.relationships()),
        (b"hasExtractedLicensingInfos", document.extracted()),
    ):
        yield b',"' + name + b'":['
        yield from array(rows)
        yield b"]"
    yield b"}\n"
