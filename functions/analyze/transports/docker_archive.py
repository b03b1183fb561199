"""`docker-archive:`: what `docker save` writes (moby, image/spec/v1.2.md, "Combined Image JSON").

The digest of such an image is that of its config: the archive holds no manifest that a registry would
know. Its layers' blobs are whatever lies in the tar; a plain one is its own diff ID, a compressed one
has a digest that only reading tells.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from analyze.limits import Limits
from analyze.transports.archive import Archive
from analyze.transports.contract import LayerDescriptor, Skipped, SourceImage
from analyze.transports.foreign import open_foreign
from analyze.transports.manifests import Descriptor, ImageConfig, Texts, load
from analyze.transports.platforms import normalized, suits
from cargohold import digests
from cargohold.contracts import Reference
from cargohold.errors import (
    ImageNotFound,
    ImageTooLarge,
    InvalidImage,
    InvalidReference,
    LayerUnavailable,
    NoMatchingPlatform,
)
from cargohold.model import Platform
from cargohold.registry.configuration import Registries
from cargohold.registry.patience import Patience
from cargohold.registry.reference import named_in_archive, parse_name, split_location, to_text

_PLAIN = "application/vnd.docker.image.rootfs.diff.tar"
_MAGIC = {b"\x1f\x8b": f"{_PLAIN}.gzip", b"\x28\xb5\x2f\xfd": f"{_PLAIN}.zstd"}
MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def _mapping(value: Any) -> Any:
    return {} if value is None else value


class _Entry(BaseModel):
    """One image of `manifest.json`."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    config: Annotated[str, Field(alias="Config")]
    tags: Annotated[Texts, Field(alias="RepoTags")] = ()
    layers: Annotated[Texts, Field(alias="Layers")] = ()
    sources: Annotated[dict[str, Descriptor], BeforeValidator(_mapping), Field(alias="LayerSources")] = Field(
        default_factory=dict
    )


class _Manifest(BaseModel):
    images: tuple[_Entry, ...]


class DockerArchiveTransport:
    """Reads one image of an archive, or each of them."""

    remote = False

    def __init__(
        self,
        reference: Reference,
        archive: Archive,
        *,
        registries: Registries,
        limits: Limits,
        patience: Patience | None = None,
    ) -> None:
        self._reference = reference
        self._archive = archive
        self._registries = registries
        self._limits = limits
        self._patience = patience or Patience()
        self._members: dict[tuple[str, int], str] = {}

    def images(self, platforms: tuple[Platform, ...] = ()) -> Iterator[SourceImage | Skipped]:
        """Yield the image that the reference names, else all images of the archive."""
        raw, entries = self._manifest()
        found, available = False, []
        for entry in self._chosen(entries):
            image = self._image(entry, raw)
            if self._reference.digest not in (None, image.digest):
                continue
            if platforms and not suits(image.platform, platforms):
                available.append(str(image.platform))
                continue
            found = True
            yield image
        if available and not found:
            raise NoMatchingPlatform(
                reference=to_text(self._reference),
                wanted=", ".join(map(str, platforms)),
                available=", ".join(dict.fromkeys(available)),
            )
        if not found:
            raise ImageNotFound(reference=to_text(self._reference))

    @contextmanager
    def open_layer(self, image: SourceImage, layer: LayerDescriptor) -> Iterator[Iterator[bytes]]:
        """Open a layer where it lies in the archive, else from the addresses that the archive names."""
        position = next(index for index, each in enumerate(image.layers) if each is layer or each == layer)
        name = self._members[image.digest, position]
        with ExitStack() as stack:
            if self._archive.size(name) is not None:
                yield stack.enter_context(self._archive.open(name))
            elif layer.urls:
                foreign = open_foreign(layer.digest, layer.size, layer.urls, self._registries, self._patience)
                yield stack.enter_context(foreign)
            else:
                raise LayerUnavailable(digest=layer.diff_id, reason="the archive does not hold it.")

    def _manifest(self) -> tuple[bytes, tuple[_Entry, ...]]:
        path, _ = split_location(self._reference.location)
        if self._archive.size("manifest.json") is None:
            raise InvalidImage(
                what=path, reason="it has no manifest.json; archives of Docker before 1.10 are not read."
            )
        raw = self._archive.read("manifest.json", self._limits.manifest)
        try:
            wrapped = orjson.dumps({"images": orjson.loads(raw)})
        except orjson.JSONDecodeError:
            raise InvalidImage(what=path, reason="its manifest.json is not JSON.") from None
        return raw, load(_Manifest, wrapped, f"manifest.json of {path}").images

    def _chosen(self, entries: tuple[_Entry, ...]) -> list[_Entry]:
        _, name = split_location(self._reference.location)
        if not name:
            return list(entries)
        if name.startswith("@"):
            number = name[1:]
            found = [entries[int(number)]] if number.isdecimal() and int(number) < len(entries) else []
        else:
            found = [entry for entry in entries if _canonical(name) in map(_canonical, entry.tags)]
        if not found:
            raise ImageNotFound(reference=to_text(self._reference))
        return found

    def _image(self, entry: _Entry, manifest: bytes) -> SourceImage:
        raw = self._archive.read(entry.config, self._limits.config)
        digest = digests.of(raw)
        what = f"The image {digest}"
        config = load(ImageConfig, raw, f"The config {digest}")
        diff_ids = config.rootfs.diff_ids
        if len(entry.layers) > self._limits.layers:
            raise ImageTooLarge(what=what, limit=f"of {self._limits.layers} layers", actual=len(entry.layers))
        if len(diff_ids) != len(entry.layers):
            raise InvalidImage(what=what, reason=f"it has {len(entry.layers)} layers and {len(diff_ids)} diff IDs.")
        for position, name in enumerate(entry.layers):
            self._members[digest, position] = name
        layers = tuple(
            self._layer(diff_id, name, entry.sources.get(diff_id))
            for diff_id, name in zip(diff_ids, entry.layers, strict=True)
        )
        reference, others = self._references(entry, digest)
        return SourceImage(
            reference=reference,
            digest=digest,
            media_type=MEDIA_TYPE,
            manifest=manifest,
            config=raw,
            layers=layers,
            platform=normalized(config.platform),
            aliases=others,
        )

    def _layer(self, diff_id: str, name: str, source: Descriptor | None) -> LayerDescriptor:
        size = self._archive.size(name)
        if size is None:
            if source is None:
                return LayerDescriptor(diff_id, "", _PLAIN, 0)
            return LayerDescriptor(diff_id, source.digest, source.media_type, source.size, source.urls)
        head = self._archive.head(name)
        compressed = next((media_type for magic, media_type in _MAGIC.items() if head.startswith(magic)), None)
        if compressed:
            return LayerDescriptor(diff_id, "", compressed, size)
        return LayerDescriptor(diff_id, diff_id, _PLAIN, size)

    def _references(self, entry: _Entry, digest: str) -> tuple[Reference, tuple[Reference, ...]]:
        """Return the reference by the first tag, or the one asked for, and those of the other tags."""
        path, wanted = split_location(self._reference.location)
        tags = sorted(entry.tags, key=lambda tag: _canonical(tag) != _canonical(wanted)) or [""]
        named = [
            self._reference.model_copy(update={"repository": repository, "tag": tag, "digest": digest})
            for repository, tag in (named_in_archive(name, path) for name in tags)
        ]
        return named[0], tuple(named[1:])


def _canonical(tag: str) -> str:
    """Return the form in which two ways of writing a tag are equal: tools leave out docker.io or put it in."""
    try:
        return to_text(parse_name(tag))
    except InvalidReference:
        return tag
