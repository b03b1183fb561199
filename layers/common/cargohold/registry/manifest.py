"""What a registry, or a layout of files, serves by a name or a digest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manifest:
    """The exact bytes of a manifest or an index, the media type it was served as, and its digest."""

    content: bytes
    media_type: str
    digest: str
