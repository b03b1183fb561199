"""The paths of one layer: complete, canonical, in columns.

Canonical within the layer: a path occurs once (the last entry wins), names are clamped to the root
and written without a leading "/" or "./", a write through an in-layer symbolic link lands where the
link points. A directory that only its children imply has no entry. Whiteouts and opaque directories
act on lower layers only, so they are kept apart from the entries.
"""

from __future__ import annotations  # array is subscriptable from Python 3.12 on only

from array import array
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

_NO_DIGEST = bytes(32)


class EntryType(IntEnum):
    """Type of an entry. A hard link is `FILE` with a binding: see `Entries.bound`."""

    FILE = 0
    DIRECTORY = 1
    SYMLINK = 2
    CHARACTER = 3
    BLOCK = 4
    FIFO = 5


class ContentClass(IntEnum):
    """What the first bytes of a file say."""

    NONE = 0  # not a file, or empty
    ELF = 1
    PE = 2
    SCRIPT = 3
    ZIP = 4
    TEXT = 5
    BINARY = 6


@dataclass(slots=True)
class Entries:
    """Columns of equal length, indexed by entry number, in the order of the tar."""

    paths: list[bytes] = field(default_factory=list)
    types: bytearray = field(default_factory=bytearray)
    modes: array[int] = field(default_factory=lambda: array("I"))
    uids: array[int] = field(default_factory=lambda: array("I"))
    gids: array[int] = field(default_factory=lambda: array("I"))
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    mtimes: array[int] = field(default_factory=lambda: array("q"))
    digests: bytearray = field(default_factory=bytearray)  # 32 bytes an entry, zeros for what has none
    classes: bytearray = field(default_factory=bytearray)
    links: dict[int, bytes] = field(default_factory=dict)  # target as written, of symbolic and hard links
    bound: dict[int, int] = field(default_factory=dict)
    """Hard link → entry of this layer that holds its content; -1 when the target is in a lower layer."""
    capabilities: dict[int, bytes] = field(default_factory=dict)  # security.capability
    whiteouts: list[bytes] = field(default_factory=list)  # paths that this layer deletes below
    opaques: list[bytes] = field(default_factory=list)  # directories whose lower content is hidden
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was computed of the columns alone: images that share a record in memory compute it once."""

    def __len__(self) -> int:
        return len(self.paths)

    def digest(self, entry: int) -> str:
        """Return an entry's digest in OCI form, or "" when it has none."""
        raw = self.digests[32 * entry : 32 * entry + 32]
        return "sha256:" + raw.hex() if raw != _NO_DIGEST else ""
