"""What a transport gives: images, and the bytes of their layers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cargohold.contracts import Reference
from cargohold.model import Platform


@dataclass(frozen=True, slots=True)
class LayerDescriptor:
    """One layer of an image. `digest` is "" and `size` 0 when the transport cannot know them before reading."""

    diff_id: str
    digest: str
    media_type: str
    size: int
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One image, as its transport describes it; manifest and config are the exact bytes."""

    reference: Reference
    digest: str  # of the manifest; of the config for docker-archive
    media_type: str
    manifest: bytes
    config: bytes
    layers: tuple[LayerDescriptor, ...]
    platform: Platform
    parents: tuple[str, ...] = ()  # digests of the indexes that led here, outermost first
    aliases: tuple[Reference, ...] = ()  # the other tags that a docker-archive gives the image


@dataclass(frozen=True, slots=True)
class Skipped:
    """A child of an index that is not an image, and what it is instead."""

    digest: str
    kind: str


class Transport(Protocol):
    """Reads one reference. Verifies the digest and size of everything but layers, whose reader does."""

    @property
    def remote(self) -> bool:
        """Tell whether reading a layer is a download, worth keeping."""

    def images(self, platforms: tuple[Platform, ...] = ()) -> Iterator[SourceImage | Skipped]:
        """Yield the images behind the reference, those of `platforms` only when given.

        Raises `ImageNotFound`, `Unauthorized`, `NotAnImage`, `NoMatchingPlatform`, `InvalidImage`,
        `DigestMismatch`, `RegistryUnavailable`, `RateLimited`.
        """

    def open_layer(self, image: SourceImage, layer: LayerDescriptor) -> AbstractContextManager[Iterator[bytes]]:
        """Open the blob of a layer as parts of at most 1 MiB, compressed as it is stored.

        Safe to call from several threads. Raises `LayerUnavailable`, `RegistryUnavailable`.
        """
