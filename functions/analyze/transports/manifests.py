"""Manifests, indexes and configs as they are written, and whether a manifest is that of an image.

Sources: OCI image-spec 1.1 (manifest.md, image-index.md, config.md, descriptor.md) and Docker's image
manifest version 2, schema 2. Only what Cargohold uses is validated; Go writes absent lists as null.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cargohold.contracts import Digest
from cargohold.errors import InvalidImage, UnsupportedMediaType
from cargohold.model import Platform

INDEX_TYPES = frozenset(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
MANIFEST_TYPES = frozenset(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_SCHEMA1_TYPES = frozenset(
    (
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    )
)
_IMAGE_CONFIGS = frozenset(
    ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
)
FOREIGN_LAYERS = frozenset(
    (
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    )
)
_ROOTFS_LAYERS = FOREIGN_LAYERS | frozenset(
    (
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
    )
)
# What an artifact's types begin with, and what to call it. The first that matches names it.
_ARTIFACTS = (
    ("application/vnd.dev.cosign.simplesigning", "a signature"),
    ("application/vnd.cncf.notary", "a signature"),
    ("application/vnd.dev.sigstore", "a signature"),
    ("application/vnd.in-toto", "an attestation"),
    ("application/vnd.dsse", "an attestation"),
    ("application/vnd.buildkit.cacheconfig", "a build cache"),
    ("application/vnd.cncf.helm", "a Helm chart"),
    ("application/vnd.cyclonedx", "an SBOM"),
    ("application/spdx", "an SBOM"),
    ("text/spdx", "an SBOM"),
    ("application/vnd.syft", "an SBOM"),
    ("application/vnd.amazon.soci", "a SOCI index"),
    ("application/vnd.wasm", "a WebAssembly module"),
    ("application/vnd.docker.plugin", "a Docker plugin"),
)


def _list(value: Any) -> Any:
    return () if value is None else value


def _mapping(value: Any) -> Any:
    return {} if value is None else value


def _text(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_list)]
Annotations = Annotated[dict[str, str], BeforeValidator(_mapping)]


class _Json(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True, defer_build=True
    )


class StatedPlatform(_Json):
    """The `platform` of a descriptor, and the same fields of a config."""

    os: Text = ""
    architecture: Text = ""
    variant: Text = ""


class Descriptor(_Json):
    """A descriptor (descriptor.md); only SHA-256 digests."""

    media_type: Annotated[Text, Field(alias="mediaType")] = ""
    digest: Digest
    size: Annotated[int, Field(ge=0, strict=True)]
    urls: Texts = ()
    annotations: Annotations = Field(default_factory=dict)
    platform: StatedPlatform | None = None
    artifact_type: Annotated[Text, Field(alias="artifactType")] = ""


class Index(_Json):
    """An image index or a manifest list."""

    manifests: Annotated[tuple[Descriptor, ...], BeforeValidator(_list)] = ()
    artifact_type: Annotated[Text, Field(alias="artifactType")] = ""
    annotations: Annotations = Field(default_factory=dict)


class ImageManifest(_Json):
    """A manifest with a config and layers."""

    config: Descriptor
    layers: Annotated[tuple[Descriptor, ...], BeforeValidator(_list)] = ()
    artifact_type: Annotated[Text, Field(alias="artifactType")] = ""
    annotations: Annotations = Field(default_factory=dict)


class _RootFs(_Json):
    diff_ids: Annotated[tuple[Digest, ...], BeforeValidator(_list)] = ()


class ImageConfig(StatedPlatform):
    """What of an image's config decides how it is read."""

    rootfs: _RootFs = Field(default_factory=_RootFs)

    @property
    def platform(self) -> Platform:
        """The platform as written."""
        return Platform(self.os, self.architecture, self.variant)


M = TypeVar("M", bound=BaseModel)


def load(model: type[M], content: bytes, what: str) -> M:
    """Read JSON into `model`; raises `InvalidImage` with the first thing that is wrong."""
    try:
        return model.model_validate(orjson.loads(content))
    except orjson.JSONDecodeError:
        raise InvalidImage(what=what, reason="it is not JSON.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise InvalidImage(what=what, reason=f"{where}: {first['msg']}.") from None


def media_type_of(content: bytes, served: str, what: str) -> str:
    """Return the media type of a manifest: what it says of itself, else what it was served as, else by its shape.

    Raises `InvalidImage` for one that reads as a manifest and as an index (CVE-2021-41190), and
    `UnsupportedMediaType` for what is neither.
    """
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InvalidImage(what=what, reason="its manifest is not JSON.") from None
    if not isinstance(document, dict):
        raise InvalidImage(what=what, reason="its manifest is not a JSON object.")
    is_index = bool(document.get("manifests"))
    is_manifest = bool(document.get("layers")) or document.get("config") is not None
    if is_index and is_manifest:
        raise InvalidImage(what=what, reason="its manifest reads as a manifest and as an index.")
    stated = document.get("mediaType")
    media_type = stated if isinstance(stated, str) and stated else served
    if media_type in _SCHEMA1_TYPES or document.get("schemaVersion") == 1:
        raise UnsupportedMediaType(what=what, media_type=media_type or "Docker schema 1")
    if media_type not in INDEX_TYPES | MANIFEST_TYPES and not stated:
        # Registries that store manifests as plain files serve them as octet streams or plain JSON.
        if is_index or "manifests" in document:
            return "application/vnd.oci.image.index.v1+json"
        if is_manifest:
            return "application/vnd.oci.image.manifest.v1+json"
    if media_type not in INDEX_TYPES | MANIFEST_TYPES:
        raise UnsupportedMediaType(what=what, media_type=media_type or "nothing")
    if (media_type in INDEX_TYPES and is_manifest) or (media_type in MANIFEST_TYPES and is_index):
        raise InvalidImage(what=what, reason="its manifest is not what its media type says.")
    return media_type


def artifact_of(manifest: ImageManifest) -> str | None:
    """Return what a manifest is when it is not an image, judged by its types; None for an image.

    Raises `UnsupportedMediaType` for an image with layers that nobody can read without more (encrypted).
    """
    config, layers = manifest.config.media_type, [layer.media_type for layer in manifest.layers]
    if config in _IMAGE_CONFIGS and all(layer in _ROOTFS_LAYERS for layer in layers):
        return None
    encrypted = next((layer for layer in layers if layer.endswith("+encrypted")), None)
    if config in _IMAGE_CONFIGS and encrypted:
        raise UnsupportedMediaType(what="A layer", media_type=encrypted)
    return named_artifact([manifest.artifact_type, config, *layers])


def attestation_of(descriptor: Descriptor) -> str | None:
    """Return what a child of an index is when its descriptor says that it is not an image.

    BuildKit's attestations (docs/attestations/attestation-storage.md): platform unknown/unknown and an
    annotation.
    """
    if descriptor.annotations.get("vnd.docker.reference.type"):
        return "an attestation"
    platform = descriptor.platform
    if platform and (platform.os, platform.architecture) == ("unknown", "unknown"):
        return "an attestation"
    if descriptor.artifact_type and descriptor.artifact_type not in _IMAGE_CONFIGS:
        return named_artifact([descriptor.artifact_type])
    if descriptor.media_type and descriptor.media_type not in INDEX_TYPES | MANIFEST_TYPES:
        return named_artifact([descriptor.media_type])
    return None


def named_artifact(types: Sequence[str]) -> str:
    """Return what to call an artifact with these types (artifact, config, layers), as "a signature"."""
    for media_type in types:
        for prefix, name in _ARTIFACTS:
            if media_type.startswith(prefix):
                return name
    telling = [each for each in types if each and each not in _IMAGE_CONFIGS | _ROOTFS_LAYERS]
    telling = [each for each in telling if each != "application/vnd.oci.empty.v1+json"]
    return f"an artifact of type {telling[0][:200]}" if telling else "an artifact of no type"
