"""`docker://`: an image in a registry."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from analyze.limits import Limits
from analyze.transports.contract import LayerDescriptor, Skipped, SourceImage
from analyze.transports.foreign import open_foreign
from analyze.transports.manifests import Descriptor
from analyze.transports.platforms import parse_platforms
from analyze.transports.resolve import images_of
from cargohold.contracts import Reference
from cargohold.errors import ImageTooLarge, LayerUnavailable
from cargohold.model import Platform
from cargohold.registry.client import RegistryClient
from cargohold.registry.configuration import Registries
from cargohold.registry.manifest import Manifest
from cargohold.registry.patience import Patience
from cargohold.registry.reference import check_name


class DockerTransport:
    """Reads a reference from its registry. Raises `InvalidReference` for one that is no name."""

    remote = True

    def __init__(
        self, reference: Reference, *, registries: Registries, limits: Limits, patience: Patience | None = None
    ) -> None:
        check_name(reference)
        self._reference = reference
        self._registries = registries
        self._registry = registries.of(reference.registry)
        self._limits = limits
        self._patience = patience or Patience()
        self._client = RegistryClient(self._registry, reference.repository, self._patience)

    def images(self, platforms: tuple[Platform, ...] = ()) -> Iterator[SourceImage | Skipped]:
        """Yield the images; without `platforms`, those that the registry is configured with."""
        wanted = platforms or parse_platforms(self._registry.platforms)
        root = self.manifest(self._reference.digest or self._reference.tag or "latest")
        for item in images_of(root, self, self._reference, wanted, self._limits):
            if isinstance(item, SourceImage):
                self._check_size(item)
            yield item

    @contextmanager
    def open_layer(self, image: SourceImage, layer: LayerDescriptor) -> Iterator[Iterator[bytes]]:  # noqa: ARG002 -- the contract
        """Open a layer from the registry, else from the addresses that its descriptor names."""
        with ExitStack() as stack:
            yield self._opened(layer, stack)

    def _opened(self, layer: LayerDescriptor, stack: ExitStack) -> Iterator[bytes]:
        try:
            return stack.enter_context(self._client.open_blob(layer.digest, layer.size))
        except LayerUnavailable:
            if not layer.urls:
                raise
        foreign = open_foreign(layer.digest, layer.size, layer.urls, self._registries, self._patience)
        return stack.enter_context(foreign)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def manifest(self, name: str) -> Manifest:
        """Return a manifest of the repository within the limits."""
        return self._client.manifest(name, self._limits.manifest)

    def config(self, descriptor: Descriptor) -> bytes:
        """Return a config within the limits."""
        return self._client.blob(descriptor.digest, descriptor.size, self._limits.config)

    def _check_size(self, image: SourceImage) -> None:
        limit = self._registry.max_image_bytes
        actual = sum(layer.size for layer in image.layers)
        if limit is not None and actual > limit:
            raise ImageTooLarge(
                what=f"The image {image.digest}", limit=f"of its registry, {limit} bytes", actual=actual
            )
