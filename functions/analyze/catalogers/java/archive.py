"""Walking an archive and those nested in it, within limits."""

import hashlib
import io
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from analyze.catalogers.java import manifest, pom
from analyze.catalogers.java.filename import EXTENSIONS, parse
from analyze.catalogers.java.identity import Contents, Record, packages
from analyze.catalogers.java.licenses import is_license_file, of_file
from analyze.catalogers.text import Reasons, clean, is_name
from analyze.catalogers.zip_archive import Allowance, Entry, ZipArchive

DEPTH = 16  # archives within each other
NESTED = 96 << 20  # bytes of nested archives in memory at one time; stored ones take none
_SMALL = 1 << 20  # bytes of a pom or a licence
_MANIFEST = 8 << 20  # which signs every class
_TEXT = 48 << 20  # of all these
_LICENSES = 8  # files of one archive
_POMS = 1_000  # of one archive
_PACKAGES = 20_000
_MANIFESTS = 8 << 20  # JSON of all packages of a file, after which manifests are left out
_RECORDS = 24 << 20  # and after which packages are

_INTERESTING = (*(b"." + extension.encode() for extension in EXTENSIONS), b"pom.properties", b"pom.xml")
_MANIFEST_NAME = "META-INF/MANIFEST.MF"


def _wanted(name: bytes) -> bool:
    if name.endswith(_INTERESTING):
        return True
    if name.endswith((b".class", b"/")):
        return False
    return name.upper().endswith(b"META-INF/MANIFEST.MF") or is_license_file(name)


@dataclass(slots=True)
class _Place:
    """An archive in its file: the end of its virtual path, the package it is nested in, and the archives around it."""

    inside: str
    parent: int | None
    around: tuple[str, ...]  # SHA-1
    memory: int  # bytes left for nested archives


class ArchiveReader:
    """Reads one file. `records` are packages as `identity.packages` has them, each with

    `inside`, the end of its virtual path behind the file's own, `parent`, the position of the package that
    it depends on, and `digest`; empty fields are absent.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.reasons = Reasons()
        self._allowance = Allowance()
        self._weight = 0
        self._text = _TEXT

    def read(self, stream: BinaryIO, path: str, *, is_java: bool) -> None:
        """Read the file at `path`; one that is not a Java archive only for the archives in it."""
        self._archive(stream, path, _Place("", None, (), NESTED), is_java=is_java)

    def _archive(self, stream: BinaryIO, path: str, place: _Place, *, is_java: bool) -> None:
        try:
            archive = ZipArchive(stream, _wanted, self._allowance)
        except ValueError as error:
            self._note(place, str(error))
            return
        nested = [entry for entry in archive.entries if entry.name.rpartition(".")[2] in EXTENSIONS]
        digest = _sha1(stream) if nested or (is_java and archive.entries) else ""
        if digest in place.around:
            self._note(place, "contains itself")
            return
        parent = self._packages(archive, path, place, digest) if is_java else None
        parent = place.parent if parent is None else parent
        for entry in sorted(nested, key=lambda one: one.name):
            if self._allowance.archives <= 0:
                self.reasons.add("more archives in one file than are read")
                break
            inside = f"{place.inside}:{entry.name}"
            self._nested(archive, entry, _Place(inside, parent, (*place.around, digest), place.memory))
        for reason in archive.reasons:
            self._note(place, reason)

    def _nested(self, archive: ZipArchive, entry: Entry, place: _Place) -> None:
        if len(place.around) >= DEPTH:
            self._note(place, f"not read: nested deeper than {DEPTH} archives")
            return
        try:
            stream = archive.open(entry, place.memory)
        except ValueError as error:
            self._note(place, str(error))
            return
        if isinstance(stream, io.BytesIO):
            place.memory -= entry.size
        with stream:
            self._archive(stream, entry.name, place, is_java=True)

    def _packages(self, archive: ZipArchive, path: str, place: _Place, digest: str) -> int | None:
        """Keep the packages of an archive; return the position of the one that it is itself."""
        main, shaded = packages(self._contents(archive, path, place))
        position = None
        if main is not None:
            main["digest"] = [{"algorithm": "sha1", "value": digest}]
            position = self._keep(main, place.inside, place.parent)
        parent = place.parent if position is None else position
        for record in shaded:
            self._keep(record, place.inside + record["inside"], parent)
        return position

    def _keep(self, record: Record, inside: str, parent: int | None) -> int | None:
        if not is_name(record["name"]):
            return None
        if inside:
            record["inside"] = clean(inside)
        if parent is not None:
            record["parent"] = parent
        if self._weight > _MANIFESTS and record.pop("manifest", None):
            self.reasons.add("more manifests than are kept")
        weight = len(orjson.dumps(record))
        if self._weight + weight > _RECORDS or len(self.records) >= _PACKAGES:
            self.reasons.add("more packages than are kept")
            return None
        self._weight += weight
        self.records.append(record)
        return len(self.records) - 1

    def _contents(self, archive: ZipArchive, path: str, place: _Place) -> Contents:
        contents = Contents(parse(clean(path)))
        projects = {}
        for entry in self._poms(archive, "pom.properties", place):
            found = pom.properties(self._content(archive, entry, _SMALL, place))
            if found.get("artifactId") and found.get("version"):
                contents.properties[_directory(entry)] = {"path": clean(entry.name), **found}
        for entry in self._poms(archive, "pom.xml", place):
            if data := self._content(archive, entry, _SMALL, place):
                try:
                    projects[_directory(entry)] = (clean(entry.name), pom.project(data))
                except ValueError as error:
                    self._note(place, f"{entry.name}: {error}")
        contents.projects = projects
        for entry in archive.entries:
            if entry.name.upper() == _MANIFEST_NAME:
                contents.manifest = manifest.parse(self._content(archive, entry, _MANIFEST, place))
        licenses = sorted(entry.name for entry in archive.entries if is_license_file(entry.name.encode()))
        by_name = {entry.name: entry for entry in archive.entries}
        for name in licenses[:_LICENSES]:
            found_in = of_file(name, self._content(archive, by_name[name], _SMALL, place))
            contents.licenses += [value for value in found_in if value not in contents.licenses]
        return contents

    def _poms(self, archive: ZipArchive, suffix: str, place: _Place) -> list[Entry]:
        found = [entry for entry in archive.entries if entry.name.endswith(suffix)]
        if len(found) > _POMS:
            self._note(place, f"{len(found)} {suffix} files, of which {_POMS} are read")
        return found[:_POMS]

    def _content(self, archive: ZipArchive, entry: Entry, limit: int, place: _Place) -> bytes:
        if entry.size > self._text:
            self.reasons.add("more manifests and poms than are read")
            return b""
        try:
            data = archive.read(entry, limit)
        except ValueError as error:
            self._note(place, f"{entry.name}: {error}")
            return b""
        self._text -= len(data)
        return data

    def _note(self, place: _Place, reason: str) -> None:
        inside = place.inside[1:]
        self.reasons.add(clean(f"{inside[-300:]}: {reason}" if inside else reason))


def _directory(entry: Entry) -> str:
    return entry.name.rpartition("/")[0]


def _sha1(stream: BinaryIO) -> str:
    stream.seek(0)
    found: Any = hashlib.sha1(usedforsecurity=False)
    while part := stream.read(1 << 20):
        found.update(part)
    return str(found.hexdigest())
