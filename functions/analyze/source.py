"""Where the bytes of a layer come from: a download that was kept, or the transport."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

from analyze.cache.blobs import BlobCache, BlobLost
from analyze.cache.draft import Draft
from analyze.progress import Observer
from analyze.transports.contract import LayerDescriptor, SourceImage, Transport
from cargohold.errors import CargoholdError, DeadlineExceeded, ScratchExhausted

T = TypeVar("T")


class Stopped(Exception):
    """Another layer of the image failed; this one need not be read to its end."""


@dataclass(slots=True)
class LayerSource:
    """Opens the layers of one image; `streams` counts how often, `downloads` how often the transport was asked."""

    image: SourceImage
    transport: Transport
    blobs: BlobCache
    observer: Observer
    streams: int = 0
    downloads: int = 0
    stop: Event = field(default_factory=Event)

    def read(self, layer: LayerDescriptor, use: Callable[[Iterator[bytes]], T], *, verifies: bool) -> T:
        """Return what `use` makes of the parts of a layer's blob.

        With `verifies` it reads to the end and raises unless the blob has its digest: only then is a
        download kept. It is called twice when a kept one turns out to be damaged. Raises what it raises.
        """
        if self.transport.remote:
            with self.blobs.open(layer.digest, layer.size) as kept:
                if kept is not None:
                    try:
                        return self._given(layer, kept, use)
                    except BlobLost:
                        pass
                    except (DeadlineExceeded, ScratchExhausted):
                        raise
                    except CargoholdError:
                        # Of two suspects, the image and the cache, the cache is asked first.
                        if self.blobs.intact(layer.digest):
                            raise
        return self._download(layer, use, verifies)

    def _download(self, layer: LayerDescriptor, use: Callable[[Iterator[bytes]], T], verifies: bool) -> T:
        draft = self.blobs.keep(layer.digest, layer.size) if verifies and self.transport.remote else None
        try:
            self.downloads += 1
            with self.transport.open_layer(self.image, layer) as parts:
                result = self._given(layer, parts if draft is None else _copied(parts, draft), use)
            if draft is not None:
                draft.keep()
            return result
        finally:
            if draft is not None:
                draft.drop()

    def _given(self, layer: LayerDescriptor, parts: Iterator[bytes], use: Callable[[Iterator[bytes]], T]) -> T:
        self.streams += 1
        return use(self._watched(layer, parts))

    def _watched(self, layer: LayerDescriptor, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            if self.stop.is_set():
                raise Stopped
            self.observer.layer_read(layer, len(part))
            yield part


def _copied(parts: Iterator[bytes], draft: Draft) -> Iterator[bytes]:
    for part in parts:
        draft.write(part)
        yield part
