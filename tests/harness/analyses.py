"""Analyses as analyze would leave them, for tests of what comes after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from cargohold import documents
from cargohold.announcement import Announcement, announcement_key
from cargohold.contracts import AnalysisReady, DocumentKey, Reference
from cargohold.documents.analysis import Analysis, DistroEntry, DocumentEntry, LayerEntry
from cargohold.model import Content, FileRecord, Package, Scope, Secret
from cargohold.objects.store import ObjectStore, analysis_key

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = Secret("private-key", "AsymmetricPrivateKey", "Asymmetric Private Key", "HIGH", "/k", "-----BEGIN", layer=0)
REGISTRY, REPOSITORY = "registry.example", "shop/checkout"


def digest(name: str) -> str:
    """Return a digest that stands for `name`."""
    return "sha256:" + sha256(name.encode()).hexdigest()


def analysis_id(at: datetime, number: int = 0) -> UUID:
    """Return a UUIDv7 of `at`; the greater `number` is the later of the same time."""
    return UUID(int=(round(at.timestamp() * 1000) << 80) | 0x7 << 76 | 0x2 << 62 | number)


def package(name: str, version: str = "1", **fields: Any) -> Package:
    """Return an npm package, visible unless `fields` say otherwise."""
    fields = {"cataloger": "npm", "type": "npm", "purl": f"pkg:npm/{name}@{version}"} | fields
    return Package(name=name, version=version, **fields)


def pushed(at: datetime | None, tag: str = "latest", **fields: Any) -> Reference:
    """Return a reference to the test repository, pushed `at`."""
    return Reference(**({"registry": REGISTRY, "repository": REPOSITORY, "tag": tag, "pushed_at": at} | fields))


def store_analysis(
    store: ObjectStore,
    image: str,
    identifier: UUID,
    packages: Sequence[Package] = (),
    *,
    layers: Iterable[str] = ("base",),
    secrets: Iterable[Secret] | None = (SECRET,),
    files: Iterable[FileRecord] = (),
    contents: Iterable[Content] = (),
    head: dict[str, Any] | None = None,
    catalog_version: int = 1,
    announce: bool = False,
    **message: Any,
) -> AnalysisReady:
    """Write the documents of an analysis, with `announce` its announcement too, and return the message of it."""
    visible = [found.type for found in packages if found.scope is Scope.VISIBLE]
    keys = []

    def put(name: str, parts: Iterable[bytes]) -> None:
        info = store.put(analysis_key(image, identifier, name), parts)
        keys.append(DocumentKey(document=name, key=info.key, sha256=info.sha256, size=info.size))

    put("manifest", [b"{}"])
    put("config", [b"{}"])
    put("packages", documents.PACKAGES.write(packages))
    put("relationships", documents.RELATIONSHIPS.write([]))
    put("files", documents.FILES.write(files))
    if secrets is not None:  # an analysis of today; those of before have neither
        put("secrets", documents.SECRETS.write(secrets))
        put("contents", documents.CONTENTS.write(contents))
    put("unknowns", documents.UNKNOWNS.write([]))
    summary = {
        "image": image,
        "media_type": "application/vnd.oci.image.manifest.v1+json",
        "catalog_version": catalog_version,
        "os": "linux",
        "architecture": "amd64",
        "created": "2025-12-31T23:59:59.123456789Z",
        "distro": DistroEntry(id="debian", version_id="12"),
        "layers": tuple(
            LayerEntry(
                digest=digest(f"blob {layer}"),
                diff_id=digest(layer),
                media_type="application/vnd.oci.image.layer.v1.tar+gzip",
                size=100,
                uncompressed_size=300,
                entries=3,
            )
            for layer in layers
        ),
        "packages": {kind: visible.count(kind) for kind in sorted(set(visible))},
        "files": 3,
        "documents": tuple(DocumentEntry(document=key.document, sha256=key.sha256, size=key.size) for key in keys),
    }
    put("analysis", documents.ANALYSIS.write(Analysis(**(summary | (head or {})))))
    ready = AnalysisReady(
        analysis_id=identifier, image=image, documents=tuple(keys), catalog_version=catalog_version, **message
    )
    if announce:
        told = Announcement(image=image, parents=ready.parents, references=ready.references, reason=ready.reason)
        store.put(announcement_key(image, identifier), told.write())
    return ready


@dataclass
class RecordingMessenger:
    """A messenger that keeps what it is given. `fail` raises it instead, once."""

    sent: list[tuple[str, BaseModel]] = field(default_factory=list)
    published: list[BaseModel] = field(default_factory=list)
    fail: Exception | None = None

    def send(self, queue: str, message: BaseModel, *, delay_seconds: int = 0) -> None:
        self.sent.append((queue, message))

    def publish(self, event: BaseModel) -> None:
        if self.fail is not None:
            failure, self.fail = self.fail, None
            raise failure
        self.published.append(event)
