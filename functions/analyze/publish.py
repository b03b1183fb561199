"""Writes the documents of an analysis, head last, so that whoever sees the head sees a whole analysis."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import orjson

from analyze.image.assemble import ImageAnalysis
from analyze.image.files import file_blocks
from analyze.image.lines import file_lines
from analyze.layer.record import LayerRecord
from analyze.transports.contract import SourceImage
from cargohold import digests, documents
from cargohold.contracts import DocumentKey
from cargohold.documents.analysis import Analysis, DistroEntry, DocumentEntry, LayerEntry
from cargohold.model import Content, FileFields, FileRecord, Package, Relationship, Scope, Secret, Unknown
from cargohold.objects.store import ObjectStore, analysis_key

_AT_ONCE = 2  # documents


@dataclass(frozen=True, slots=True)
class AnalyzedImage:
    """An image with all that was found in it: what formats read when nothing is stored."""

    image: SourceImage
    result: ImageAnalysis
    analysis: Analysis
    found_secrets: Iterable[Secret] | None = None  # may be gone through many times
    found_contents: tuple[Content, ...] | None = None

    def manifest(self) -> bytes:
        """Return the image's manifest, byte for byte."""
        return self.image.manifest

    def config(self) -> bytes:
        """Return the image's config, byte for byte."""
        return self.image.config

    def packages(self) -> Iterable[Package]:
        """Return the packages of all scopes."""
        return self.result.packages

    def relationships(self) -> Iterable[Relationship]:
        """Return the relations among packages."""
        return self.result.relationships

    def files(self) -> Iterable[FileRecord]:
        """Yield the paths of the merged image."""
        return self.result.files()

    def file_blocks(self) -> Iterable[Sequence[FileFields]]:
        """Yield the same as tuples, a thousand at once."""
        return file_blocks(self.result.merged)

    def unknowns(self) -> Iterable[Unknown]:
        """Return what could not be read."""
        return self.result.unknowns

    def secrets(self) -> Iterable[Secret] | None:
        """Return the secrets, None when they were not searched for."""
        return self.found_secrets

    def contents(self) -> Iterable[Content] | None:
        """Return retrieved and searched files, None when none were asked for."""
        return self.found_contents


def summarize(
    image: SourceImage, records: list[LayerRecord], result: ImageAnalysis, catalog_version: int, options: str
) -> Analysis:
    """Return the head document of an image, which lists no documents yet."""
    counts: dict[str, int] = {}
    for package in result.packages:
        if package.scope is Scope.VISIBLE:
            counts[package.type] = counts.get(package.type, 0) + 1
    config = orjson.loads(image.config)
    distro = result.distro
    return Analysis(
        image=image.digest,
        media_type=image.media_type,
        config_digest=digests.of(image.config),
        catalog_version=catalog_version,
        options=options,
        os=image.platform.os,
        architecture=image.platform.architecture,
        variant=image.platform.variant,
        created=config["created"] if isinstance(config.get("created"), str) else "",
        distro=DistroEntry(**{name: getattr(distro, name) for name in DistroEntry.model_fields})
        if distro
        else DistroEntry(),
        layers=tuple(
            LayerEntry(
                digest=layer.digest,
                diff_id=record.diff_id,
                media_type=layer.media_type,
                size=record.size,
                uncompressed_size=record.uncompressed_size,
                entries=len(record.entries),
                created_by=created_by,
            )
            for layer, record, created_by in zip(image.layers, records, result.created_by, strict=True)
        ),
        packages=dict(sorted(counts.items())),
        files=result.file_count,
        unknowns=len(result.unknowns),
        documents=(),
    )


def publish(store: ObjectStore, analyzed: AnalyzedImage, analysis_id: UUID) -> tuple[DocumentKey, ...]:
    """Write all documents under `analysis_id` and return their keys. Raises `StoreUnavailable`."""

    def put(document: tuple[str, Iterable[bytes]]) -> DocumentKey:
        return _put(store, analyzed.image.digest, analysis_id, *document)

    # While one is written or hashed another one is on its way. Each may hold a part for the store.
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="document") as pool:
        written = list(pool.map(put, _contents(analyzed)))
    listed = tuple(DocumentEntry(document=key.document, sha256=key.sha256, size=key.size) for key in written)
    head = analyzed.analysis.model_copy(update={"documents": listed})
    name = documents.ANALYSIS.name
    written.append(_put(store, analyzed.image.digest, analysis_id, name, documents.ANALYSIS.write(head)))
    return tuple(written)


def _contents(analyzed: AnalyzedImage) -> Iterator[tuple[str, Iterator[bytes]]]:
    yield documents.MANIFEST.name, documents.MANIFEST.write(analyzed.manifest())
    yield documents.CONFIG.name, documents.CONFIG.write(analyzed.config())
    yield documents.PACKAGES.name, documents.PACKAGES.write(analyzed.packages())
    yield documents.RELATIONSHIPS.name, documents.RELATIONSHIPS.write(analyzed.relationships())
    yield documents.FILES.name, documents.FILES.write_lines(file_lines(analyzed.result.merged))
    yield documents.UNKNOWNS.name, documents.UNKNOWNS.write(analyzed.unknowns())
    # A document that is not there says that nobody looked, an empty one that nothing was found.
    if (secrets := analyzed.secrets()) is not None:
        yield documents.SECRETS.name, documents.SECRETS.write(secrets)
    if (contents := analyzed.contents()) is not None:
        yield documents.CONTENTS.name, documents.CONTENTS.write(contents)


def _put(store: ObjectStore, image: str, analysis_id: UUID, document: str, content: Iterable[bytes]) -> DocumentKey:
    info = store.put(analysis_key(image, analysis_id, document), content)
    return DocumentKey(document=document, key=info.key, sha256=info.sha256, size=info.size)
