"""From what a reference names to its images: through indexes, past what is not an image."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from analyze.limits import Limits
from analyze.transports.contract import LayerDescriptor, Skipped, SourceImage
from analyze.transports.manifests import (
    INDEX_TYPES,
    Descriptor,
    ImageConfig,
    ImageManifest,
    Index,
    artifact_of,
    attestation_of,
    load,
    media_type_of,
    named_artifact,
)
from analyze.transports.platforms import normalized, of_descriptor, suits
from cargohold.contracts import Reference
from cargohold.errors import (
    CargoholdError,
    DigestMismatch,
    HostileContent,
    ImageNotFound,
    ImageTooLarge,
    InvalidImage,
    NoMatchingPlatform,
    NotAnImage,
    UnsupportedMediaType,
)
from cargohold.model import Platform
from cargohold.registry.manifest import Manifest
from cargohold.registry.reference import to_text

_TOTAL = 4  # times `index_children`: all manifests behind one reference


class Content(Protocol):
    """Where manifests and configs come from, verified."""

    def manifest(self, name: str) -> Manifest:
        """Return what a tag or digest names, within the limits; raises `ImageNotFound` and others."""

    def config(self, descriptor: Descriptor) -> bytes:
        """Return a config, within the limits; raises `ImageNotFound` and others."""


@dataclass(slots=True)
class _Tree:
    """One walk through an index and those inside it."""

    content: Content
    reference: Reference
    platforms: tuple[Platform, ...]
    limits: Limits
    seen: set[str] = field(default_factory=set)
    available: list[Platform] = field(default_factory=list)
    failures: list[CargoholdError] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    images: int = 0


def images_of(
    root: Manifest, content: Content, reference: Reference, platforms: tuple[Platform, ...], limits: Limits
) -> Iterator[SourceImage | Skipped]:
    """Yield the images behind `root`, each once, and what else an index holds as `Skipped`.

    A child that is missing (sparse indexes are legal, image-index.md) is skipped as that. A child that is
    broken is raised after its siblings were yielded. Raises `NotAnImage`, `NoMatchingPlatform`,
    `HostileContent` and what reading raises.
    """
    resolved = reference.model_copy(update={"digest": root.digest})
    tree = _Tree(content, resolved, platforms, limits, {root.digest})
    if media_type_of(root.content, root.media_type, to_text(reference)) not in INDEX_TYPES:
        yield _single(tree, root)
        return
    yield from _index(tree, root, (root.digest,))
    if tree.failures:
        raise tree.failures[0]
    if tree.images:
        return
    if tree.available:
        raise NoMatchingPlatform(
            reference=to_text(reference),
            wanted=", ".join(map(str, platforms)),
            available=", ".join(dict.fromkeys(map(str, tree.available))),
        )
    if tree.missing:
        raise ImageNotFound(reference=f"The image {tree.missing[0]} of the index {to_text(resolved)}")
    raise NotAnImage(reference=to_text(reference), kind="an index without images")


def _single(tree: _Tree, root: Manifest) -> SourceImage:
    found = _image(tree, root, None, ())
    if isinstance(found, Skipped):
        raise NotAnImage(reference=to_text(tree.reference), kind=found.kind)
    if tree.platforms and not suits(found.platform, tree.platforms):
        raise NoMatchingPlatform(
            reference=to_text(tree.reference), wanted=", ".join(map(str, tree.platforms)), available=str(found.platform)
        )
    return found


def _index(tree: _Tree, manifest: Manifest, parents: tuple[str, ...]) -> Iterator[SourceImage | Skipped]:
    index = load(Index, manifest.content, f"The index {manifest.digest}")
    if len(parents) > tree.limits.index_depth:
        raise HostileContent(
            what=f"The index {parents[0]}", reason=f"it nests deeper than {tree.limits.index_depth} indexes."
        )
    if len(index.manifests) > tree.limits.index_children:
        raise HostileContent(
            what=f"The index {manifest.digest}", reason=f"it has more than {tree.limits.index_children} children."
        )
    if index.artifact_type:
        # An artifact may be an index too (SOCI); its parts are no images.
        kind = named_artifact([index.artifact_type])
        if len(parents) == 1:
            raise NotAnImage(reference=to_text(tree.reference), kind=kind)
        yield Skipped(manifest.digest, kind)
        return
    for descriptor in index.manifests:
        if descriptor.digest in tree.seen:
            continue
        if len(tree.seen) > _TOTAL * tree.limits.index_children:
            raise HostileContent(what=f"The index {parents[0]}", reason="it leads to too many manifests.")
        tree.seen.add(descriptor.digest)
        yield from _child(tree, descriptor, parents)


def _child(tree: _Tree, descriptor: Descriptor, parents: tuple[str, ...]) -> Iterator[SourceImage | Skipped]:
    other = attestation_of(descriptor)
    if other:
        yield Skipped(descriptor.digest, other)
        return
    platform = of_descriptor(descriptor)
    if platform and tree.platforms and descriptor.media_type not in INDEX_TYPES and not suits(platform, tree.platforms):
        tree.available.append(platform)
        return
    try:
        child = tree.content.manifest(descriptor.digest)
        if len(child.content) != descriptor.size:
            raise _wrong_size(descriptor, len(child.content))
        if media_type_of(child.content, descriptor.media_type, descriptor.digest) in INDEX_TYPES:
            yield from _index(tree, child, (*parents, child.digest))
            return
        found = _image(tree, child, platform, parents)
    except ImageNotFound:
        tree.missing.append(descriptor.digest)
        yield Skipped(descriptor.digest, "an image that is missing")
        return
    except (InvalidImage, DigestMismatch, ImageTooLarge, UnsupportedMediaType) as error:
        tree.failures.append(error)
        return
    if isinstance(found, SourceImage) and tree.platforms and not suits(found.platform, tree.platforms):
        tree.available.append(found.platform)
        return
    tree.images += isinstance(found, SourceImage)
    yield found


def _image(tree: _Tree, manifest: Manifest, stated: Platform | None, parents: tuple[str, ...]) -> SourceImage | Skipped:
    """Read a manifest and its config.

    cosign's signatures have an image's config, and Helm charts layers of `tar+gzip`: an image has the
    type of its config, the types of its layers, and a diff ID for each layer.
    """
    what = f"The image {manifest.digest}"
    media_type = media_type_of(manifest.content, manifest.media_type, what)
    parsed = load(ImageManifest, manifest.content, what)
    other = artifact_of(parsed)
    if other:
        return Skipped(manifest.digest, other)
    if len(parsed.layers) > tree.limits.layers:
        raise ImageTooLarge(what=what, limit=f"of {tree.limits.layers} layers", actual=len(parsed.layers))
    raw = tree.content.config(parsed.config)
    config = load(ImageConfig, raw, f"The config {parsed.config.digest}")
    diff_ids = config.rootfs.diff_ids
    if len(diff_ids) != len(parsed.layers):
        return Skipped(manifest.digest, f"a manifest of {len(parsed.layers)} layers with {len(diff_ids)} diff IDs")
    platform = normalized(config.platform)
    return SourceImage(
        reference=tree.reference,
        digest=manifest.digest,
        media_type=media_type,
        manifest=manifest.content,
        config=raw,
        layers=tuple(
            LayerDescriptor(diff_id, layer.digest, layer.media_type, layer.size, layer.urls)
            for diff_id, layer in zip(diff_ids, parsed.layers, strict=True)
        ),
        platform=platform if platform.os or platform.architecture else stated or platform,
        parents=parents,
    )


def _wrong_size(descriptor: Descriptor, actual: int) -> DigestMismatch:
    return DigestMismatch(
        what=f"the manifest {descriptor.digest}", expected=f"{descriptor.size} bytes", actual=f"{actual} bytes"
    )
