"""`spdx-json`: SPDX 2.3 (ISO/IEC 5962's successor) and SPDX 3.0.1 as JSON-LD."""

from collections.abc import Iterator

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.spdx import v2, v3


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:
    """Yield the document in the version that is asked for."""
    if request.version == "3.0.1":
        return v3.render(reader, request)
    return v2.render(reader, request)
