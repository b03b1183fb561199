"""An analysis with the packages of some scopes only, and the relationships among them."""

from collections.abc import Iterable, Iterator, Sequence

from api.analyses import AnalysisReader
from cargohold.documents.analysis import Analysis
from cargohold.model import FileFields, FileRecord, Package, Relationship, Scope, Unknown


class Scoped:
    """An `AnalysisReader`. Package ids are unique in it: of those with one id the first is kept."""

    def __init__(self, reader: AnalysisReader, scopes: Sequence[Scope]) -> None:
        self._reader = reader
        self._scopes = frozenset(scopes)
        self._ids: set[str] | None = None

    @property
    def analysis(self) -> Analysis:
        """The summary of the image, which counts everything."""
        return self._reader.analysis

    def manifest(self) -> bytes:
        """Return the image's manifest, byte for byte."""
        return self._reader.manifest()

    def config(self) -> bytes:
        """Return the image's config, byte for byte."""
        return self._reader.config()

    def packages(self) -> Iterator[Package]:
        """Yield the packages, in the order of the document."""
        seen: set[str] = set()
        for package in self._reader.packages():
            if package.scope in self._scopes and package.id not in seen:
                seen.add(package.id)
                yield package
        self._ids = seen

    def relationships(self) -> Iterator[Relationship]:
        """Yield the relationships whose both ends are among the packages."""
        if self._ids is None:
            for _ in self.packages():
                pass
        ids = self._ids or set()
        return (one for one in self._reader.relationships() if one.parent in ids and one.child in ids)

    def files(self) -> Iterable[FileRecord]:
        """Return the paths of the merged image."""
        return self._reader.files()

    def file_blocks(self) -> Iterable[Sequence[FileFields]]:
        """Yield the same as tuples, in blocks."""
        return self._reader.file_blocks()

    def unknowns(self) -> Iterable[Unknown]:
        """Return what could not be read."""
        return self._reader.unknowns()
