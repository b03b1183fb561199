"""One analysis to read from: what the formats render, wherever its documents are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Protocol, TypeVar
from uuid import UUID

from cargohold import documents
from cargohold.documents.analysis import Analysis
from cargohold.errors import ObjectCorrupt
from cargohold.model import Content, FileFields, FileRecord, Package, Relationship, Secret, Unknown
from cargohold.objects.store import ObjectReader, ObjectStore, analysis_key

Row = TypeVar("Row")
_BLOCK = 1024


class AnalysisReader(Protocol):
    """The documents of one analysis; rows stream."""

    @property
    def analysis(self) -> Analysis: ...

    def manifest(self) -> bytes: ...

    def config(self) -> bytes: ...

    def packages(self) -> Iterable[Package]: ...

    def relationships(self) -> Iterable[Relationship]: ...

    def files(self) -> Iterable[FileRecord]: ...

    def file_blocks(self) -> Iterable[Sequence[FileFields]]: ...

    def unknowns(self) -> Iterable[Unknown]: ...


class StoredAnalysis:
    """An analysis in an object store. `sha256` (hexadecimal) of its head, when given, is checked first.

    Raises `ObjectNotFound`, `ObjectCorrupt`, `InvalidDocument`, `StoreUnavailable`.
    """

    def __init__(self, store: ObjectStore, image: str, analysis_id: UUID | str, sha256: str = "") -> None:
        self._store = store
        self._key: Callable[[str], str] = lambda document: analysis_key(image, analysis_id, document)
        with self._open(documents.ANALYSIS.name, sha256) as reader:
            self.analysis = documents.ANALYSIS.read(reader)
        self._sha256 = {entry.document: entry.sha256 for entry in self.analysis.documents}

    def _open(self, document: str, sha256: str) -> AbstractContextManager[ObjectReader]:
        key = self._key(document)
        if sha256 and (actual := self._store.head(key).sha256) != sha256:
            raise ObjectCorrupt(key=key, expected=sha256, actual=actual)
        return self._store.get(key)

    def content(self, document: str) -> Iterator[bytes]:
        """Yield the bytes of a document."""
        with self._open(document, self._sha256[document]) as reader:
            yield from reader

    def manifest(self) -> bytes:
        """Return the image's manifest as the registry served it."""
        with self._open("manifest", self._sha256["manifest"]) as reader:
            return documents.MANIFEST.read(reader)

    def config(self) -> bytes:
        """Return the image's config as the registry served it."""
        with self._open("config", self._sha256["config"]) as reader:
            return documents.CONFIG.read(reader)

    def packages(self) -> Iterator[Package]:
        """Yield the packages of all scopes."""
        with self._open("packages", self._sha256["packages"]) as reader:
            yield from documents.PACKAGES.read(reader)

    def relationships(self) -> Iterator[Relationship]:
        """Yield the relations among packages."""
        with self._open("relationships", self._sha256["relationships"]) as reader:
            yield from documents.RELATIONSHIPS.read(reader)

    def files(self) -> Iterator[FileRecord]:
        """Yield the paths of the merged image."""
        with self._open("files", self._sha256["files"]) as reader:
            yield from documents.FILES.read(reader)

    def file_blocks(self) -> Iterator[list[FileFields]]:
        """Yield the same as tuples, a thousand at once."""
        files = self.files()
        while block := [file.fields for file in islice(files, _BLOCK)]:
            yield block

    def unknowns(self) -> Iterator[Unknown]:
        """Yield what could not be read."""
        with self._open("unknowns", self._sha256["unknowns"]) as reader:
            yield from documents.UNKNOWNS.read(reader)

    def secrets(self) -> Iterator[Secret] | None:
        """Return the secrets; None when they were not searched for."""
        return self._rows(documents.SECRETS) if documents.SECRETS.name in self._sha256 else None

    def contents(self) -> Iterator[Content] | None:
        """Return retrieved and searched files; None when none were asked for."""
        return self._rows(documents.CONTENTS) if documents.CONTENTS.name in self._sha256 else None

    def _rows(self, document: documents.RowDocument[Row]) -> Iterator[Row]:
        with self._open(document.name, self._sha256[document.name]) as reader:
            yield from document.read(reader)
