"""Shows an analysis under way: bars on a terminal, lines elsewhere, nothing when asked for quiet."""

import sys
from collections.abc import Sequence
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING

from analyze.layer.record import LayerRecord
from analyze.progress import observer
from analyze.transports.contract import LayerDescriptor, SourceImage
from cargohold.contracts import Reference
from cargohold.errors import CargoholdError
from cargohold.model import Package, Scope
from cargohold.printable import printable
from cargohold_cli.output import say, sizes

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Watch:
    """An `analyze.progress.Observer` that also remembers what happened: `done`, `reused`, `errors`."""

    def __init__(self, mode: str = "auto") -> None:
        terminal = sys.stderr.isatty()
        self.mode = {"auto": "bars" if terminal else "none"}.get(mode, mode)
        self.done: list[SourceImage] = []
        self.reused: set[str] = set()
        self.errors: list[tuple[Reference, CargoholdError]] = []
        self._bars: Progress | None = None
        self._tasks: dict[LayerDescriptor, TaskID] = {}
        self._lock = Lock()

    def __enter__(self) -> "Watch":
        if self.mode == "bars":
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bars.start()
        self._token = observer.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        observer.reset(self._token)
        if self._bars is not None:
            self._bars.stop()

    def image_started(self, image: SourceImage) -> None:
        """Announce the image."""
        if self.mode == "none":
            return
        where = f" ({image.platform})" if image.platform.os else ""
        self._line(f"image {image.digest}{where}, {len(image.layers)} layers")

    def layer_read(self, layer: LayerDescriptor, size: int) -> None:
        """Advance a layer's bar."""
        if self._bars is None:
            return
        with self._lock:
            task = self._tasks.get(layer)
            if task is None:
                name = (layer.digest or layer.diff_id).removeprefix("sha256:")[:12]
                task = self._tasks[layer] = self._bars.add_task(f"layer {name}", total=layer.size or None)
        self._bars.advance(task, size)

    def layer_done(self, number: int, layer: LayerDescriptor, record: LayerRecord, cached: bool) -> None:
        """Say what a layer holds."""
        if self.mode == "none":
            return
        with self._lock:
            task = self._tasks.pop(layer, None)
        if self._bars is not None and task is not None:
            self._bars.remove_task(task)
        source = "known" if cached else f"{sizes(record.uncompressed_size)} read"
        found = sum(len(facts.identity) for section in record.sections.values() for facts in section.facts.values())
        entries = record.entries
        removed = len(entries.whiteouts) + len(entries.opaques)
        deletes = f", {removed} deletions" if removed else ""
        name = record.diff_id.removeprefix("sha256:")[:12]
        self._line(f"  layer {number} {name}: {source}, {len(entries)} entries{deletes}, {found} packages named")

    def packages_found(self, packages: Sequence[Package]) -> None:
        """Count the packages by type."""
        if self.mode == "none":
            return
        counts: dict[str, int] = {}
        for package in packages:
            key = package.type if package.scope is Scope.VISIBLE else f"{package.type} ({package.scope.value})"
            counts[key] = counts.get(key, 0) + 1
        listed = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "none"
        self._line(f"  packages: {listed}")

    def image_done(self, image: SourceImage, *, reused: bool) -> None:
        """Remember an image."""
        self.done.append(image)
        if reused:
            self.reused.add(image.digest)

    def failed(self, reference: Reference, error: CargoholdError) -> None:
        """Remember a failure."""
        self.errors.append((reference, error))

    def _line(self, text: str) -> None:
        if self._bars is not None:
            self._bars.console.print(printable(text), highlight=False, markup=False)
        else:
            say(printable(text))
