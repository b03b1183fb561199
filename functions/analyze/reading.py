"""Gets the records of an image's layers: from the cache, or by reading what is missing, two layers at once."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyze.cache.records import RecordCache
from analyze.catalogers.contract import Cataloger
from analyze.holdings import Holdings, weight
from analyze.layer.record import LayerRecord
from analyze.layer.want import Want, extract_alias, merge_sections, rewalk, wanted
from analyze.limits import Limits
from analyze.progress import Observer
from analyze.scratch import Scratch
from analyze.source import LayerSource, Stopped
from analyze.transports.contract import LayerDescriptor
from cargohold.errors import DeadlineExceeded, ScratchExhausted

if TYPE_CHECKING:  # What reads layers is imported when one is read: of most images all are known.
    from analyze.layer.stages import Verified

PARALLEL = 2  # each layer keeps two processors busy; more layers at once only cost memory


@dataclass(slots=True)
class LayerReader:
    """Reads the layers of one image, `parallel` of them at once."""

    source: LayerSource
    catalogers: Sequence[Cataloger]
    limits: Limits
    scratch: Scratch
    cache: RecordCache
    deadline: float
    observer: Observer
    parallel: int = PARALLEL
    _holdings: Holdings = field(init=False)
    _times: Counter[tuple[str, str]] = field(init=False)  # how often the image has a layer

    def __post_init__(self) -> None:
        """Count what the image's layers hold."""
        self._holdings = Holdings(self.limits)
        self._times = Counter((layer.digest, layer.diff_id) for layer in self.source.image.layers)

    def records(self) -> list[LayerRecord]:
        """Return one record a layer, base first; layers that are the same share theirs.

        Records that were finished before a failure are in the cache, so a retry goes on from there.
        Raises what `walk_layer` and the transport raise, `ImageTooLarge` when all of them hold too much, and
        `ScratchExhausted` when a cataloger could not see a file for want of space: what would be missing is no
        result.
        """
        first: dict[tuple[str, str], int] = {}
        layers = self.source.image.layers
        for number, layer in enumerate(layers):
            first.setdefault((layer.digest, layer.diff_id), number)
        largest = sorted(first.values(), key=lambda number: layers[number].size, reverse=True)
        found = self._in_parallel(largest, self._record)
        return [found[first[layer.digest, layer.diff_id]] for layer in layers]

    def read_again(self, records: Sequence[LayerRecord], wants: Mapping[int, Sequence[Want]]) -> None:
        """Let catalogers see files that were passed by, by layer number; records are completed in place."""
        by_name = {cataloger.name: cataloger for cataloger in self.catalogers}

        def again(number: int) -> LayerRecord:
            record = records[number]
            before, bare = weight(record), not record.evidence
            if bare:
                merge_sections(record, self._with_evidence(record))
            missing = [want for want in wants[number] if not extract_alias(record, want, by_name[want.cataloger])]
            if missing:
                self._rewalk(number, record, missing)
            self._keep(record)
            if bare:
                record.evidence = {}
            self._holdings.add_facts(max(0, weight(record) - before))
            return record

        self._in_parallel(sorted(wants), again)

    def _in_parallel(self, numbers: Sequence[int], work: Callable[[int], LayerRecord]) -> dict[int, LayerRecord]:
        def named(number: int) -> LayerRecord:
            try:
                return work(number)
            except DeadlineExceeded as late:
                layer = self.source.image.layers[number]
                raise DeadlineExceeded(what=f"the layer {layer.digest or layer.diff_id}") from late

        if len(numbers) == 1 or self.parallel == 1:
            return {number: named(number) for number in numbers}
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="layer") as pool:
            futures = {pool.submit(named, number): number for number in numbers}
            done, pending = wait(futures, return_when=FIRST_EXCEPTION)
            if pending:
                self.source.stop.set()
                for future in pending:
                    future.cancel()
                wait(pending)
            failures = [error for future in done if (error := future.exception()) is not None]
            for error in failures:
                if not isinstance(error, Stopped):
                    raise error
            return {futures[future]: future.result() for future in futures}

    def _record(self, number: int) -> LayerRecord:
        layer = self.source.image.layers[number]
        record = self._known(layer)
        cached = record is not None
        if record is None:
            record = self._walk(layer, self.catalogers)
            self._settle(number, record, wanted(record, self.catalogers))
        elif _is_stale(record, self.catalogers):
            from analyze.layer.extend import extend

            record = self._with_evidence(record)
            extension = extend(record, self.catalogers, self.limits)
            if extension.walk:
                merge_sections(record, self._walk(layer, extension.walk), incomplete=True)
            self._settle(number, record, extension.wants)
        self._holdings.add(record, self._times[layer.digest, layer.diff_id])
        self.observer.layer_done(number, layer, record, cached=cached)
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

        from analyze.layer.pipeline import verify_layer

        def verify(parts: Iterator[bytes]) -> "Verified":
            what = f"layer {layer.diff_id}"
            return verify_layer(parts, what=what, limits=self.limits, deadline=self.deadline, size=layer.size)

        verified = self.source.read(layer, verify, verifies=False)
        return record if verified.blob_digest == verified.diff_id == layer.diff_id else None

    def _with_evidence(self, record: LayerRecord) -> LayerRecord:
        return self.cache.get(record.blob_digest, record.diff_id, evidence=True) or record

    def _settle(self, number: int, record: LayerRecord, wants: Sequence[Want]) -> None:
        if wants:
            from analyze.layer.extend import complete

            self._rewalk(number, record, wants)
            complete(record, self.catalogers, self.limits)
        self._keep(record)

    def _keep(self, record: LayerRecord) -> None:
        self.cache.put(record)
        if not all(section.complete for section in record.sections.values()):
            raise ScratchExhausted(budget=self.scratch.budget)

    def _walk(self, layer: LayerDescriptor, catalogers: Sequence[Cataloger]) -> LayerRecord:
        from analyze.layer.walk import walk_layer

        def walk(parts: Iterator[bytes]) -> LayerRecord:
            return walk_layer(
                parts,
                blob_digest=layer.digest,
                diff_id=layer.diff_id,
                media_type=layer.media_type,
                catalogers=catalogers,
                limits=self.limits,
                scratch=self.scratch,
                deadline=self.deadline,
                size=layer.size,
            )

        return self.source.read(layer, walk, verifies=bool(layer.digest))

    def _rewalk(self, number: int, record: LayerRecord, wants: Sequence[Want]) -> None:
        by_name = {cataloger.name: cataloger for cataloger in self.catalogers}

        def again(parts: Iterator[bytes]) -> int:
            return rewalk(
                parts, record, wants, by_name, limits=self.limits, scratch=self.scratch, deadline=self.deadline
            )

        self.source.read(self.source.image.layers[number], again, verifies=False)


def _is_stale(record: LayerRecord, catalogers: Sequence[Cataloger]) -> bool:
    return any(
        (section := record.sections.get(cataloger.name)) is None or section.version < cataloger.version
        for cataloger in catalogers
    )
