"""What an analysis can be rendered as. SBOMs are made on request from the documents, never stored.

Every format is a function from an `AnalysisReader` to parts of bytes: the same analysis gives the
same bytes, and nothing is held in memory whole.
"""

from collections.abc import Callable, Iterator

from api.analyses import AnalysisReader
from api.formats import native, syft_json, table

FORMATS: dict[str, Callable[[AnalysisReader], Iterator[bytes]]] = {
    "table": table.render,
    "json": native.render,
    "syft-json": syft_json.render,
}
