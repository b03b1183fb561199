"""One image, from its source to what is in it.

transport → cache or walk (one record a layer) → merge and assemble → what scanners found → the documents
"""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyze.cache.blobs import BlobCache
from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from analyze.cache.records import RecordCache
from analyze.catalogers import CATALOG_VERSION, CATALOGERS
from analyze.catalogers.contract import Cataloger
from analyze.image.assemble import assemble
from analyze.limits import DEFAULT, Limits
from analyze.options import Options, parse_options
from analyze.progress import observer
from analyze.publish import AnalyzedImage, summarize
from analyze.reading import PARALLEL, LayerReader
from analyze.scratch import Scratch
from analyze.searched import find_contents, find_secrets
from analyze.source import LayerSource
from analyze.transports.contract import SourceImage, Transport
from cargohold.objects.store import ObjectStore
from cargohold.settings import AnalyzeSettings
from cargohold.telemetry import logger

# Facts, packages and rows are millions of objects without cycles. At its defaults the collector goes through all of
# them again and again, which is a third of the time of a merge.
_COLLECTION = (200_000, 20, 100)


@dataclass(frozen=True, slots=True)
class Resources:
    """What analyses of one environment share."""

    records: RecordCache
    blobs: BlobCache
    scratch_root: Path
    scratch_bytes: int
    limits: Limits = DEFAULT
    options: Options = field(default_factory=Options)
    catalogers: Sequence[Cataloger] = CATALOGERS

    @property
    def version(self) -> str:
        """What decides results: the catalog version, and the digest of options that are not the defaults."""
        return "-".join(filter(None, (str(CATALOG_VERSION), self.options.digest)))


def open_resources(settings: AnalyzeSettings, store: ObjectStore | None) -> Resources:
    """Return the resources that the settings name; `store` is the last tier of the record cache.

    Tunes the garbage collector of the process for analyses. Raises `InvalidConfiguration`.
    """
    gc.set_threshold(*_COLLECTION)
    options = parse_options(settings)
    directory = CacheDirectory(settings.cache_root, quota=settings.cache_bytes, blob_quota=settings.cache_blob_bytes)
    return Resources(
        options=options,
        records=RecordCache(DiskCache(directory), DEFAULT, store, settings.cache_memory_bytes),
        blobs=BlobCache(directory),
        scratch_root=Path(settings.scratch_root),
        scratch_bytes=settings.scratch_bytes,
    )


def analyze_image(
    image: SourceImage,
    transport: Transport,
    resources: Resources,
    *,
    request_id: str,
    deadline: float,
    parallel: int = PARALLEL,
) -> AnalyzedImage:
    """Analyze one image, `parallel` layers at once. `deadline` is of `time.monotonic()`.

    Nothing of the image is written but spilled evidence under the scratch directory of `request_id`,
    which is gone afterwards. Raises what transports and layers raise, and `DeadlineExceeded`.
    """
    watcher = observer.get()
    watcher.image_started(image)
    limits, options = resources.limits, resources.options
    catalogers = (*resources.catalogers, *options.scanners())
    redact = options.secret_scanner.redact if options.secret_scanner else str
    with Scratch(
        resources.scratch_root, request_id, budget=resources.scratch_bytes, memory=limits.evidence_memory
    ) as scratch:
        source = LayerSource(image, transport, resources.blobs, watcher)
        reader = LayerReader(
            source=source,
            catalogers=catalogers,
            limits=limits,
            scratch=scratch,
            cache=resources.records,
            deadline=deadline,
            observer=watcher,
            parallel=parallel,
        )
        records = reader.records()
        result = assemble(records, catalogers, image.config, limits, redact)
        if result.wants:
            reader.read_again(records, result.wants)
            result = assemble(records, catalogers, image.config, limits, redact)
        logger.info(
            "image analyzed",
            extra={
                "layers": len(records),
                "streams": source.streams,
                "downloads": source.downloads,
                "scratch_bytes": scratch.peak_bytes,
            },
        )
    watcher.packages_found(result.packages)
    secrets = contents = None
    if options.secret_scanner:
        secrets = find_secrets(result, image.config, options.secret_scanner, options.allowed)
    if options.content_scanner:
        contents = find_contents(result, options.content_scanner)
    analysis = summarize(image, records, result, CATALOG_VERSION, options.digest)
    return AnalyzedImage(image, result, analysis, secrets, contents)
