"""`oci:` and `oci-archive:`: an OCI image layout (image-spec, image-layout.md) in a folder or a tar file."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath

from analyze.limits import Limits
from analyze.transports.contract import LayerDescriptor, Skipped, SourceImage
from analyze.transports.files import Files
from analyze.transports.foreign import open_foreign
from analyze.transports.manifests import Descriptor, Index, load
from analyze.transports.resolve import images_of
from cargohold import digests
from cargohold.contracts import Reference
from cargohold.errors import DigestMismatch, ImageNotFound, InvalidReference, LayerUnavailable
from cargohold.model import Platform
from cargohold.registry.configuration import Registries
from cargohold.registry.manifest import Manifest
from cargohold.registry.patience import Patience
from cargohold.registry.reference import named_in_archive, split_location, to_text

_NAME = "org.opencontainers.image.ref.name"
_FULL_NAMES = ("io.containerd.image.name", _NAME)


class LayoutTransport:
    """Reads one entry of a layout's index."""

    remote = False

    def __init__(
        self,
        reference: Reference,
        files: Files,
        *,
        registries: Registries,
        limits: Limits,
        patience: Patience | None = None,
    ) -> None:
        self._reference = reference
        self._files = files
        self._registries = registries
        self._limits = limits
        self._patience = patience or Patience()

    def images(self, platforms: tuple[Platform, ...] = ()) -> Iterator[SourceImage | Skipped]:
        """Yield the images of the entry that the reference names, or of the only one."""
        self._check_layout()
        if self._reference.digest:
            # A child of an index, named by its digest.
            root, reference = self.manifest(self._reference.digest), self._reference
        else:
            descriptor = self._chosen()
            root, reference = self._root(descriptor), self._named(descriptor)
        yield from images_of(root, self, reference, platforms, self._limits)

    @contextmanager
    def open_layer(self, image: SourceImage, layer: LayerDescriptor) -> Iterator[Iterator[bytes]]:  # noqa: ARG002 -- the contract
        """Open a layer from the layout, else from the addresses that its descriptor names."""
        name = _blob(layer.digest)
        with ExitStack() as stack:
            if (size := self._files.size(name)) is not None:
                if size != layer.size:
                    raise _wrong_size(layer.digest, layer.size, size)
                yield stack.enter_context(self._files.open(name))
            elif layer.urls:
                foreign = open_foreign(layer.digest, layer.size, layer.urls, self._registries, self._patience)
                yield stack.enter_context(foreign)
            else:
                raise LayerUnavailable(digest=layer.digest, reason="the layout does not hold it.")

    def manifest(self, name: str) -> Manifest:
        """Return a manifest by its digest, within the limits."""
        return Manifest(self._verified(name, self._limits.manifest), "", name)

    def config(self, descriptor: Descriptor) -> bytes:
        """Return a config, within the limits."""
        content = self._verified(descriptor.digest, self._limits.config)
        if len(content) != descriptor.size:
            raise _wrong_size(descriptor.digest, descriptor.size, len(content))
        return content

    def _verified(self, digest: str, limit: int) -> bytes:
        name = _blob(digest)
        if self._files.size(name) is None:
            raise ImageNotFound(reference=f"The blob {digest} of {to_text(self._reference)}")
        content = self._files.read(name, limit)
        actual = digests.of(content)
        if actual != digest:
            raise DigestMismatch(what=f"the blob {digest}", expected=digest, actual=actual)
        return content

    def _root(self, descriptor: Descriptor) -> Manifest:
        content = self._verified(descriptor.digest, self._limits.manifest)
        if len(content) != descriptor.size:
            raise _wrong_size(descriptor.digest, descriptor.size, len(content))
        return Manifest(content, descriptor.media_type, descriptor.digest)

    def _check_layout(self) -> None:
        if self._files.size("oci-layout") is None or self._files.size("index.json") is None:
            path, _ = split_location(self._reference.location)
            raise ImageNotFound(reference=f"An OCI image layout at {path}")

    def _entries(self) -> tuple[Descriptor, ...]:
        content = self._files.read("index.json", self._limits.manifest)
        return load(Index, content, "index.json of the layout").manifests

    def _chosen(self) -> Descriptor:
        """Return the entry of the index that is meant. Its first of a name wins, as in containers/image."""
        entries = self._entries()
        _, name = split_location(self._reference.location)
        if name.startswith("@"):
            found = [entry for entry in entries if entry.digest == name[1:]]
            if not found and digests.is_digest(name[1:]):
                content = self._verified(name[1:], self._limits.manifest)
                found = [Descriptor(digest=name[1:], size=len(content))]
        elif name:
            found = [entry for entry in entries if any(entry.annotations.get(key) == name for key in _FULL_NAMES)]
        else:
            found = list({entry.digest: entry for entry in entries}.values())
            if len(found) > 1:
                names = [entry.annotations.get(_NAME) or f"@{entry.digest}" for entry in found]
                reason = f"the layout has {len(found)} entries; name one after a colon: {', '.join(names[:8])}."
                raise InvalidReference(reference=to_text(self._reference), reason=reason)
        if not found:
            raise ImageNotFound(reference=to_text(self._reference))
        return found[0]

    def _named(self, descriptor: Descriptor) -> Reference:
        path, _ = split_location(self._reference.location)
        annotations = descriptor.annotations
        name = next((annotations[key] for key in _FULL_NAMES if annotations.get(key)), "")
        if not name:
            return self._reference
        repository, tag = named_in_archive(name, PurePosixPath(path).name)
        return self._reference.model_copy(update={"repository": repository, "tag": tag})


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digests.checked(digest)[7:]}"


def _wrong_size(digest: str, expected: int, actual: int) -> DigestMismatch:
    return DigestMismatch(what=f"the blob {digest}", expected=f"{expected} bytes", actual=f"{actual} bytes")
