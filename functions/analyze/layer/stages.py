"""What goes on beside the walk of a layer: its blob is read, hashed and inflated, its tar hashed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verified:
    """What a layer turned out to be: digests in OCI form, sizes in bytes."""

    blob_digest: str
    diff_id: str
    size: int
    uncompressed_size: int


class Stages(ABC):
    """Iterate once, to the end, for the tar in parts; then ask for `verified`. Always `close`.

    The iteration raises what the blob's parts raise and what `decompress` raises.
    """

    @abstractmethod
    def __iter__(self) -> Iterator[bytes]:
        """Yield the tar in parts of at most `decompress.PART` bytes."""

    @abstractmethod
    def verified(self) -> Verified:
        """Return what the whole layer is."""

    @abstractmethod
    def blob_digest(self) -> str:
        """Return the digest of the blob, read to its end, after the iteration was left early or failed."""

    @abstractmethod
    def close(self) -> None:
        """End everything; no thread or process outlives it."""
