"""How an analysis under way tells whoever watches. Silent unless the command sets an observer."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Protocol

from analyze.layer.record import LayerRecord
from analyze.transports.contract import LayerDescriptor, SourceImage
from cargohold.contracts import Reference
from cargohold.errors import CargoholdError
from cargohold.model import Package


class Observer(Protocol):
    """Called from worker threads as well; must return at once."""

    def image_started(self, image: SourceImage) -> None:
        """An image's manifest and config are read and its layers are about to be."""

    def layer_read(self, layer: LayerDescriptor, size: int) -> None:
        """`size` more bytes of a layer's blob have arrived."""

    def layer_done(self, number: int, layer: LayerDescriptor, record: LayerRecord, cached: bool) -> None:
        """The record of layer `number` (0 is the base) is known."""

    def packages_found(self, packages: Sequence[Package]) -> None:
        """The image's packages are known."""

    def image_done(self, image: SourceImage, *, reused: bool) -> None:
        """The documents are stored; `reused` when an earlier analysis already had them."""

    def failed(self, reference: Reference, error: CargoholdError) -> None:
        """A request failed."""


class Silent:
    """The observer of a function in Lambda: logs and metrics say enough there."""

    def image_started(self, image: SourceImage) -> None: ...

    def layer_read(self, layer: LayerDescriptor, size: int) -> None: ...

    def layer_done(self, number: int, layer: LayerDescriptor, record: LayerRecord, cached: bool) -> None: ...

    def packages_found(self, packages: Sequence[Package]) -> None: ...

    def image_done(self, image: SourceImage, *, reused: bool) -> None: ...

    def failed(self, reference: Reference, error: CargoholdError) -> None: ...


observer: ContextVar[Observer] = ContextVar("observer", default=Silent())  # noqa: B039 -- it has no state
