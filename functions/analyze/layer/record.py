"""The layer record: the memoised result of walking one layer.

Found only by a pair of blob digest and diff ID that was verified together once (never by the diff ID
that an image claims), and by the versions of walker, format and limits. Sections are merged in by
cataloger version.
"""

from dataclasses import dataclass, field

from analyze.catalogers.contract import Facts
from analyze.layer.entries import Entries
from cargohold.model import Unknown

RECORD_VERSION = 2  # of walker and format; bump when either changes what a record holds


@dataclass(slots=True)
class Section:
    """One cataloger's facts of a layer, by entry number. Incomplete sections are never stored."""

    version: int
    facts: dict[int, Facts] = field(default_factory=dict)
    complete: bool = True
    weight: int = field(default=0, compare=False)  # bytes of JSON that the facts are, and some for each
    wanted: set[int] = field(default_factory=set)
    """Hard links whose names the cataloger wants and whose bytes had passed: see `layer.want`."""
    aliases: dict[int, dict[bytes, Facts | None]] = field(default_factory=dict)
    """What an entry says under other paths that lead to it (symbolic links, hard links in higher
    layers), None when nothing: kept apart, so that no image sees what only another one asked for."""


@dataclass(slots=True)
class LayerRecord:
    """Everything that is known of one layer. `blob_digest` is "" when the transport has no blobs."""

    blob_digest: str
    diff_id: str
    size: int  # bytes of the blob
    uncompressed_size: int
    entries: Entries
    sections: dict[str, Section]
    evidence: dict[int, bytes]  # raw bytes of small matched files, by entry number
    unknowns: list[Unknown]  # found by the walker; `layer` is 0 until the record joins an image
