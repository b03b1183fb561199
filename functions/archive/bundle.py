"""A bundle: one analysis as a `tar.zst` that `tar --zstd` and `sha256sum` can read. See `docs/bundle.md`.

Members in order: `manifest.json`, `SHA256SUMS`, `documents/<name>` of every document, `history.json`.
One zstd frame (RFC 8878) with a checksum; a POSIX ustar archive of regular files without owner or
time, so the same analysis and history give the same bytes. Both directions stream: memory is a few
MiB whatever the size of the documents.
"""

import re
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from archive.history import History
from archive.unpack import MemberStream, Tape
from cargohold.contracts import Digest
from cargohold.documents import ANALYSIS
from cargohold.documents.analysis import Analysis
from cargohold.errors import InvalidBundle, InvalidDocument, ObjectCorrupt

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"
SUMS_NAME = "SHA256SUMS"
HISTORY_NAME = "history.json"
DOCUMENTS = "documents/"

_LEVEL = 9
_BLOCK = 512
_SMALL = 1 << 20  # most bytes of manifest.json and SHA256SUMS
HELD = 64 << 20  # most bytes of what is held in memory: history.json and the document `analysis`
_MOST = 4 << 30  # most bytes of one document
_NEW = "to be written"
_DOCUMENT = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class Member(BaseModel):
    """One file of the bundle; SHA-256 in hexadecimal, size in bytes."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    name: str
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: int = Field(ge=0, le=_MOST)


class Manifest(BaseModel):
    """`manifest.json`: what the bundle is and the members that follow `SHA256SUMS`, in their order."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    format_version: Literal[1] = 1
    image: Digest
    analysis_id: UUID
    catalog_version: int
    members: Annotated[tuple[Member, ...], Field(max_length=64)]

    def documents(self) -> dict[str, Member]:
        """Return the members that are documents, by the document's name, in order."""
        return {
            member.name.removeprefix(DOCUMENTS): member for member in self.members if member.name.startswith(DOCUMENTS)
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A document to be written: what it must be, and how to open it."""

    document: str
    sha256: str
    size: int
    open: Callable[[], AbstractContextManager[Iterable[bytes]]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a whole and undamaged bundle says."""

    manifest: Manifest
    analysis: Analysis
    history: History


def write(
    analysis_id: UUID, catalog_version: int, sources: Iterable[Source], history: History
) -> tuple[Manifest, Iterator[bytes]]:
    """Return the manifest of a bundle and its bytes, made as they are taken.

    Raises `InvalidBundle` when the result could not be read back; taking the bytes raises
    `ObjectCorrupt` when a source is not what it must be.
    """
    sources = tuple(sources)
    told = history.model_dump_json(indent=1).encode()
    try:
        members = [Member(name=DOCUMENTS + s.document, sha256=s.sha256, size=s.size) for s in sources]
        members.append(Member(name=HISTORY_NAME, sha256=sha256(told).hexdigest(), size=len(told)))
        manifest = Manifest(
            image=history.image, analysis_id=analysis_id, catalog_version=catalog_version, members=tuple(members)
        )
    except ValidationError as error:
        raise InvalidBundle(bundle=_NEW, reason=error.errors()[0]["msg"]) from None
    _check_members(manifest, _NEW)
    head = manifest.model_dump_json(indent=1).encode()
    if len(told) > HELD or len(head) > _SMALL:
        raise InvalidBundle(bundle=_NEW, reason="the history of the image is too long")
    return manifest, _packed(_tar(manifest, head, sources, told))


def _packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zstd.ZstdCompressor(
        options={
            zstd.CompressionParameter.compression_level: _LEVEL,
            zstd.CompressionParameter.checksum_flag: 1,
        }
    )
    for part in parts:
        if packed := compressor.compress(part):
            yield packed
    yield compressor.flush()


def _tar(manifest: Manifest, head: bytes, sources: tuple[Source, ...], told: bytes) -> Iterator[bytes]:
    yield from _whole(MANIFEST_NAME, head)
    yield from _whole(SUMS_NAME, _sums(manifest, head))
    for source in sources:
        yield _header(DOCUMENTS + source.document, source.size)
        actual, size = sha256(), 0
        with source.open() as parts:
            for part in parts:
                actual.update(part)
                size += len(part)
                yield part
        if (actual.hexdigest(), size) != (source.sha256, source.size):
            raise ObjectCorrupt(
                key=source.document,
                expected=f"{source.sha256} of {source.size} bytes",
                actual=f"{actual.hexdigest()} of {size} bytes",
            )
        yield _padding(size)
    yield from _whole(HISTORY_NAME, told)
    yield bytes(2 * _BLOCK)  # POSIX.1-1988 (ustar): two zero blocks end the archive


def _whole(name: str, content: bytes) -> Iterator[bytes]:
    yield _header(name, len(content))
    yield content
    yield _padding(len(content))


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o644
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _sums(manifest: Manifest, head: bytes) -> bytes:
    """Return the lines that `sha256sum -c` reads."""
    lines = [f"{sha256(head).hexdigest()}  {MANIFEST_NAME}"]
    lines += [f"{member.sha256}  {member.name}" for member in manifest.members]
    return "".join(line + "\n" for line in lines).encode()


class BundleReader:
    """A bundle being read. `manifest` is there at once; `members` gives the rest in order.

    Everything raises `InvalidBundle` for what is damaged, cut short or not a bundle of this format.
    """

    def __init__(self, parts: Iterable[bytes], name: str) -> None:
        self._name = name
        self._tape = Tape(parts, name)
        head = self._tape.small(MANIFEST_NAME, _SMALL)
        try:
            self.manifest = Manifest.model_validate_json(head)
        except ValidationError as error:
            reason = f"{MANIFEST_NAME}: {error.errors()[0]['msg']}"
            raise InvalidBundle(bundle=name, reason=reason) from None
        _check_members(self.manifest, name)
        if self._tape.small(SUMS_NAME, _SMALL) != _sums(self.manifest, head):
            raise InvalidBundle(bundle=name, reason=f"{SUMS_NAME} does not agree with {MANIFEST_NAME}")

    def members(self) -> Iterator[tuple[Member, MemberStream]]:
        """Yield each member with its content, which must be read to its end before the next is taken."""
        for member in self.manifest.members:
            stream = self._tape.member(member.name, member.size, member.sha256)
            yield member, stream
            stream.finish()
        self._tape.finish()


def verify(
    parts: Iterable[bytes], name: str, take: Mapping[str, Callable[[Iterable[bytes]], object]] | None = None
) -> Verified:
    """Read a bundle to its end, check every member, and return what it says; raises `InvalidBundle`.

    `take` is called with the content of the documents that it names, and must read it to its end.
    """
    reader = BundleReader(parts, name)
    taken = {DOCUMENTS + document: call for document, call in (take or {}).items()}
    held: dict[str, bytes] = {}
    for member, stream in reader.members():
        if member.name in (HISTORY_NAME, DOCUMENTS + ANALYSIS.name):
            if member.size > HELD:
                raise InvalidBundle(bundle=name, reason=f"{member.name} is too large")
            held[member.name] = b"".join(stream)
        elif member.name in taken:
            taken[member.name](stream)
        else:
            stream.skip()
    try:
        history = History.model_validate_json(held[HISTORY_NAME])
        analysis = ANALYSIS.read([held[DOCUMENTS + ANALYSIS.name]])
    except ValidationError as error:
        reason = f"{HISTORY_NAME}: {error.errors()[0]['msg']}"
        raise InvalidBundle(bundle=name, reason=reason) from None
    except InvalidDocument as error:
        raise InvalidBundle(bundle=name, reason=error.message) from None
    _check_agreement(reader.manifest, analysis, history, name)
    return Verified(reader.manifest, analysis, history)


def _check_members(manifest: Manifest, name: str) -> None:
    """Check the names: `documents/<name>` each once, with `analysis` among them, then `history.json`."""
    names = [member.name for member in manifest.members]
    documents = manifest.documents()
    if names != [DOCUMENTS + document for document in documents] + [HISTORY_NAME]:
        raise InvalidBundle(bundle=name, reason="its members are not documents followed by a history")
    if ANALYSIS.name not in documents:
        raise InvalidBundle(bundle=name, reason=f"it has no document {ANALYSIS.name}")
    if wrong := [document for document in documents if not _DOCUMENT.fullmatch(document)]:
        raise InvalidBundle(bundle=name, reason=f"{wrong[0]!r} cannot be the name of a document")


def _check_agreement(manifest: Manifest, analysis: Analysis, history: History, name: str) -> None:
    """Check that the parts are of one analysis: its document `analysis` lists exactly the others."""
    if not manifest.image == analysis.image == history.image:
        raise InvalidBundle(bundle=name, reason="its parts are of different images")
    if manifest.catalog_version != analysis.catalog_version:
        raise InvalidBundle(bundle=name, reason="its parts have different catalog versions")
    listed = {(entry.document, entry.sha256, entry.size) for entry in analysis.documents}
    held = {(document, member.sha256, member.size) for document, member in manifest.documents().items()}
    missing = listed - held
    if missing or {document for document, _, _ in held - listed} != {ANALYSIS.name}:
        raise InvalidBundle(bundle=name, reason="its documents are not those that its analysis lists")
