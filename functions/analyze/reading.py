"""Gets the records of an image's layers: from the cache, or by reading what is missing, two layers at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from analyze.cache.records import RecordCache
from analyze.catalogers.contract import Cataloger
from analyze.layer.pipeline import verify_layer
from analyze.layer.record import LayerRecord
from analyze.layer.walk import walk_layer
from analyze.layer.want import Want, extend, extract_alias, merge_sections, rewalk, wanted
from analyze.limits import Limits
from analyze.progress import Observer
from analyze.scratch import Scratch
from analyze.transports.contract import LayerDescriptor, SourceImage, Transport

PARALLEL = 2  # each layer keeps three threads busy; more layers at once only cost memory


class _Stopped(Exception):
    """Another layer of the image failed; this one need not be read to its end."""


@dataclass(slots=True)
class LayerReader:
    """Reads the layers of one image; `walks` counts the streams that were opened."""

    image: SourceImage
    transport: Transport
    catalogers: Sequence[Cataloger]
    limits: Limits
    scratch: Scratch
    cache: RecordCache
    deadline: float
    observer: Observer
    walks: int = 0
    _stop: Event = field(default_factory=Event)

    def records(self) -> list[LayerRecord]:
        """Return one record a layer, base first; layers that are the same share theirs.

        Records that were finished before a failure are in the cache, so a retry goes on from there.
        Raises what `walk_layer` and the transport raise.
        """
        first: dict[tuple[str, str], int] = {}
        for number, layer in enumerate(self.image.layers):
            first.setdefault((layer.digest, layer.diff_id), number)
        largest = sorted(first.values(), key=lambda number: self.image.layers[number].size, reverse=True)
        found = self._in_parallel(largest, self._record)
        return [found[first[layer.digest, layer.diff_id]] for layer in self.image.layers]

    def read_again(self, records: Sequence[LayerRecord], wants: Mapping[int, Sequence[Want]]) -> None:
        """Let catalogers see files that were passed by, by layer number; records are completed in place."""
        by_name = {cataloger.name: cataloger for cataloger in self.catalogers}

        def complete(number: int) -> LayerRecord:
            record = records[number]
            if not record.evidence:
                merge_sections(record, self._with_evidence(record))
            missing = [want for want in wants[number] if not extract_alias(record, want, by_name[want.cataloger])]
            if missing:
                self._rewalk(number, record, missing)
            self.cache.put(record)
            return record

        self._in_parallel(sorted(wants), complete)

    def _in_parallel(self, numbers: Sequence[int], work: Callable[[int], LayerRecord]) -> dict[int, LayerRecord]:
        if len(numbers) == 1:
            return {numbers[0]: work(numbers[0])}
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="layer") as pool:
            futures = {pool.submit(work, number): number for number in numbers}
            done, pending = wait(futures, return_when=FIRST_EXCEPTION)
            if pending:
                self._stop.set()
                for future in pending:
                    future.cancel()
                wait(pending)
            failures = [error for future in done if (error := future.exception()) is not None]
            for error in failures:
                if not isinstance(error, _Stopped):
                    raise error
            return {futures[future]: future.result() for future in futures}

    def _record(self, number: int) -> LayerRecord:
        layer = self.image.layers[number]
        record = self._known(layer)
        if record is None:
            record = self._walk(layer, self.catalogers)
            self._settle(number, record, wanted(record, self.catalogers))
            self.observer.layer_done(number, layer, record, cached=False)
            return record
        if _is_stale(record, self.catalogers):
            record = self._with_evidence(record)
            extension = extend(record, self.catalogers)
            if extension.walk:
                merge_sections(record, self._walk(layer, extension.walk))
            self._settle(number, record, extension.wants)
        self.observer.layer_done(number, layer, record, cached=True)
        return record

    def _known(self, layer: LayerDescriptor) -> LayerRecord | None:
        """Return the cached record of a layer, None when there is none or it is not proven to be this layer's."""
        if layer.digest:
            return self.cache.get(layer.digest, layer.diff_id)
        # docker-archive names no blobs. Its layers are mostly uncompressed, so that both digests are one;
        # the bytes have to prove it, for anybody can write a diff ID into a config.
        record = self.cache.get(layer.diff_id, layer.diff_id)
        if record is None:
            return None
        with self._parts(layer) as parts:
            what = f"layer {layer.diff_id}"
            verified = verify_layer(parts, what=what, limits=self.limits, deadline=self.deadline)
        return record if verified.blob_digest == verified.diff_id == layer.diff_id else None

    def _with_evidence(self, record: LayerRecord) -> LayerRecord:
        return self.cache.get(record.blob_digest, record.diff_id, evidence=True) or record

    def _settle(self, number: int, record: LayerRecord, wants: Sequence[Want]) -> None:
        if wants:
            self._rewalk(number, record, wants)
        self.cache.put(record)

    def _walk(self, layer: LayerDescriptor, catalogers: Sequence[Cataloger]) -> LayerRecord:
        with self._parts(layer) as parts:
            return walk_layer(
                parts,
                blob_digest=layer.digest,
                diff_id=layer.diff_id,
                media_type=layer.media_type,
                catalogers=catalogers,
                limits=self.limits,
                scratch=self.scratch,
                deadline=self.deadline,
            )

    def _rewalk(self, number: int, record: LayerRecord, wants: Sequence[Want]) -> None:
        by_name = {cataloger.name: cataloger for cataloger in self.catalogers}
        with self._parts(self.image.layers[number]) as parts:
            rewalk(parts, record, wants, by_name, limits=self.limits, scratch=self.scratch, deadline=self.deadline)

    @contextmanager
    def _parts(self, layer: LayerDescriptor) -> Iterator[Iterator[bytes]]:
        self.walks += 1
        with self.transport.open_layer(self.image, layer) as parts:
            yield self._watched(layer, parts)

    def _watched(self, layer: LayerDescriptor, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            if self._stop.is_set():
                raise _Stopped
            self.observer.layer_read(layer, len(part))
            yield part


def _is_stale(record: LayerRecord, catalogers: Sequence[Cataloger]) -> bool:
    return any(
        (section := record.sections.get(cataloger.name)) is None or section.version < cataloger.version
        for cataloger in catalogers
    )
