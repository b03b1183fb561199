"""Catalogers whose patterns and reading a test chooses."""

from collections.abc import Callable
from dataclasses import dataclass, field

from analyze.catalogers.contract import Facts, LayerFile, Patterns


def content_facts(file: LayerFile) -> Facts:
    """Facts that show path and content."""
    text = file.read(1 << 30).decode("latin-1")
    return Facts(identity=[{"name": file.path.decode("latin-1"), "version": text[:40]}])


@dataclass(eq=False)  # matchers are remembered by their catalogers
class FakeCataloger:
    name: str = "fake"
    version: int = 1
    wants: Patterns = field(default_factory=Patterns)
    reads: Callable[[LayerFile], Facts | None] = content_facts
    seen: list[bytes] = field(default_factory=list)

    def patterns(self) -> Patterns:
        return self.wants

    def extract(self, file: LayerFile) -> Facts | None:
        self.seen.append(file.path)
        return self.reads(file)

    def assemble(self, view: object) -> list[object]:
        return []

    def relate(self, view: object, packages: object) -> list[object]:
        return []
