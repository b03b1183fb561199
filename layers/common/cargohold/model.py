"""What an analysis is made of, in memory. On the wire see `contracts`, at rest see `documents`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Scope(StrEnum):
    """In which view of an image a package is found."""

    VISIBLE = "visible"  # installed and reachable in the merged file system
    HIDDEN = "hidden"  # deleted or replaced by a higher layer, still shipped
    DECLARED = "declared"  # named by a lock file, not installed


@dataclass(frozen=True, slots=True)
class Platform:
    """OCI platform of an image (image-spec, image-index.md)."""

    os: str = ""
    architecture: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Distro:
    """What os-release (or an older file) says of the merged image."""

    id: str = ""
    version_id: str = ""
    id_like: tuple[str, ...] = ()
    name: str = ""
    version: str = ""
    version_codename: str = ""
    build_id: str = ""
    pretty_name: str = ""
    variant_id: str = ""
    path: str = ""


@dataclass(slots=True, unsafe_hash=True)  # made by the ten thousand, as `FileRecord`: nobody changes one
class Location:
    """Where a package was seen. `path` starts with "/", `layer` counts from 0 at the base."""

    path: str
    layer: int
    digest: str = ""
    evidence: str = "primary"  # or "supporting"


@dataclass(slots=True, unsafe_hash=True)  # made by the ten thousand, as `FileRecord`: nobody changes one
class License:
    """A licence as its evidence states it."""

    value: str
    spdx_expression: str = ""
    type: str = "declared"  # or "concluded"
    path: str = ""


@dataclass(slots=True)
class Package:
    """One package of one image. `files` are the paths that it owns, each starting with "/"."""

    cataloger: str
    type: str  # Syft's type names: deb, apk, python, npm, ...
    name: str
    version: str
    purl: str
    language: str = ""
    namespace: str = ""
    architecture: str = ""
    source_name: str = ""
    source_version: str = ""
    scope: Scope = Scope.VISIBLE
    licenses: tuple[License, ...] = ()
    locations: tuple[Location, ...] = ()
    files: tuple[str, ...] = ()
    origin_layer: int | None = None
    created_by: str = ""
    metadata_type: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    id: str = ""  # 16 hex digits, from the content: see analyze.image.assemble


@dataclass(slots=True, unsafe_hash=True)  # made by the ten thousand, as `FileRecord`: nobody changes one
class Relationship:
    """`parent` and `child` are package ids; kinds are Syft's: contains, dependency-of, ownership-by-file-overlap."""

    parent: str
    child: str
    kind: str
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something in the image that could not be read, and why."""

    path: str
    layer: int
    cataloger: str
    reason: str


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands in an image, and of which kind it is: never what it is.

    `path` is a file's, starting with "/", or for `source` "config" a place in the image's config.
    `line` and `column` (in bytes) count from 1, and are 0 in files that are no text. `snippet` has what
    every value of the kind begins with. `digest` is the first 16 hexadecimal digits of the value's SHA-256,
    "" for values that could be guessed from it.
    """

    rule: str
    category: str
    title: str
    severity: str  # CRITICAL, HIGH, MEDIUM, LOW
    path: str
    snippet: str
    source: str = "file"  # or "config"
    layer: int | None = None  # None in the config, unless a command that made a layer has it
    line: int = 0
    column: int = 0
    digest: str = ""
    visible: bool = True  # False for a file that a higher layer deleted or replaced: still shipped
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class ContentMatch:
    """What one search found in one file: how many lines, the numbers of the first, and their text if asked for."""

    name: str
    count: int
    lines: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """A file of the merged image that was asked for: retrieved (`content` in Base64), searched, or both."""

    path: str
    layer: int
    digest: str = ""
    retrieved: bool = False
    content: str = ""
    matches: tuple[ContentMatch, ...] = ()


@dataclass(slots=True)  # frozen ones take twice the time to make, and an image has a hundred thousand
class FileRecord:
    """One path of the merged image. `type`: file, directory, symlink, hardlink, char, block, fifo."""

    path: str
    type: str
    mode: int
    uid: int
    gid: int
    size: int
    layer: int
    digest: str = ""
    link: str = ""
    content: str = ""  # elf, pe, script, zip, text, binary, or "" for what is not a file
    capability: str = ""  # security.capability in hexadecimal

    @classmethod
    def of(cls, fields: "FileFields") -> "FileRecord":
        """Return the record with these fields."""
        path, (kind, mode, uid, gid, content), size, layer, digest, link, capability = fields
        return cls(path, kind, mode, uid, gid, size, layer, digest, link, content, capability)

    @property
    def fields(self) -> "FileFields":
        """The record as a tuple."""
        attributes = FileAttributes(self.type, self.mode, self.uid, self.gid, self.content)
        return self.path, attributes, self.size, self.layer, self.digest, self.link, self.capability


class FileAttributes(NamedTuple):
    """What paths share: an image has some hundred different ones."""

    type: str
    mode: int
    uid: int
    gid: int
    content: str


# A `FileRecord` as a tuple: path, attributes, size, layer, digest, link, capability. Formats that write every path
# take these by the thousand, since records and the look-up of their fields are most of the time of a row.
FileFields = tuple[str, FileAttributes, int, int, str, str, str]


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """One layer of an image as `documents.analysis` lists it."""

    digest: str  # of the blob as the registry serves it; "" when the transport has none
    diff_id: str
    media_type: str
    size: int  # compressed bytes
    uncompressed_size: int
    entries: int
    created_by: str = ""
