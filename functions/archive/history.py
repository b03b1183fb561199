"""`history.json` of a bundle: what the database knew of an image beside its documents.

A restore takes the references from it. Times are UTC; lists are sorted, so the same history gives the
same bytes.
"""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from cargohold.contracts import Digest, Reference


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class KnownReference(_Part):
    """A reference as it stood: `digest` is the image's, or that of an index that holds it."""

    registry: str
    repository: str
    tag: str
    digest: Digest
    first_seen: AwareDatetime
    pushed_at: AwareDatetime
    removed_at: AwareDatetime | None = None


class ReferenceEvent(_Part):
    """A push or a removal of a reference while it named the image."""

    registry: str
    repository: str
    tag: str
    digest: Digest
    event: Literal["pushed", "removed"]
    at: AwareDatetime


class History(_Part):
    """The references of an image, their events, the indexes that hold it, and when it was analyzed."""

    schema_version: Literal[1] = 1
    image: Digest
    analyzed_at: AwareDatetime
    parents: tuple[Digest, ...] = ()
    references: tuple[KnownReference, ...] = ()
    events: tuple[ReferenceEvent, ...] = ()

    def current(self) -> tuple[Reference, ...]:
        """Return the references that were not removed, as messages carry them."""
        return tuple(
            Reference(
                registry=known.registry,
                repository=known.repository,
                tag=known.tag,
                digest=known.digest,
                pushed_at=known.pushed_at,
            )
            for known in self.references
            if known.removed_at is None
        )
