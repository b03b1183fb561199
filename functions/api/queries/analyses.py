"""Which analysis an image has, and how the image is called: what reading its documents takes."""

from dataclasses import dataclass
from uuid import UUID

from api.queries.references import references_of
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes
from cargohold.errors import ImageUnknown


@dataclass(frozen=True, slots=True)
class AnalysisName:
    """The analysis of an image. `sha256` (hexadecimal) is of its head; of several names the first in their order."""

    image: str
    analysis_id: UUID
    sha256: str
    registry: str
    repository: str


def analysis_of(cursor: Cursor, digest: str) -> AnalysisName:
    """Return the analysis of an image. Raises `ImageUnknown` and `InvalidDigest`."""
    raw = to_bytes(digest)
    cursor.execute("SELECT analysis_id, encode(analysis_sha256, 'hex') FROM image WHERE digest = %s", (raw,))
    row = cursor.fetchone()
    if row is None:
        raise ImageUnknown(digest=digest)
    analysis_id, sha256 = row
    names = ((one.registry, one.repository) for one in references_of(cursor, [raw]).get(raw, ()))
    registry, repository = min(names, default=("", ""))
    return AnalysisName(digest, analysis_id, sha256, registry, repository)
