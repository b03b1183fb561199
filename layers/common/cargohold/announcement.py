"""The announcement of an analysis: under which names its image was analyzed. Lies beside its documents.

Documents say what is in an image and hold no names and no times; the message that carries these to
persist is gone once it was handled. `cargohold reindex` reads the announcement in its place.
"""

from collections.abc import Iterable, Iterator
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from cargohold.contracts import Digest, Reference
from cargohold.errors import InvalidDocument
from cargohold.objects.store import analysis_key

NAME = "announcement"


class Announcement(BaseModel):
    """What an `AnalysisReady` says beside its documents."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    schema_version: Literal[1] = 1
    image: Digest
    parents: tuple[Digest, ...] = ()
    references: tuple[Reference, ...] = ()
    reason: Literal["push", "manual", "reconcile", "reanalyze"] = "push"

    def write(self) -> Iterator[bytes]:
        """Yield the object's bytes."""
        yield self.model_dump_json(exclude_none=True).encode()


def read(parts: Iterable[bytes]) -> Announcement:
    """Return an announcement; raises `InvalidDocument`."""
    try:
        return Announcement.model_validate_json(b"".join(parts))
    except ValidationError as error:
        raise InvalidDocument(document=NAME, reason=str(error.errors()[0]["msg"])) from None


def announcement_key(image: str, analysis_id: UUID) -> str:
    """Return the key of an analysis's announcement."""
    return analysis_key(image, analysis_id, NAME)
