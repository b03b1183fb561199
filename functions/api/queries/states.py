"""How an image and its bundle stand: what decides which moves are possible."""

from collections.abc import Mapping
from dataclasses import dataclass

from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes
from cargohold.lifecycle import ARCHIVE_MOVES, IMAGE_MOVES, ArchiveStatus, ImageStatus, Transition


@dataclass(frozen=True, slots=True)
class State:
    """The status and revision of an image, or of its bundle, and where its moves lead from there."""

    status: str
    revision: int
    moves: Mapping[Transition, bool]  # those that there are for its kind, and whether they are possible now


def states(cursor: Cursor, digest: str) -> tuple[State, ...]:
    """Return the states of a digest: of its image, of its bundle, of both, or none. Raises `InvalidDigest`."""
    raw = to_bytes(digest)
    found = []
    cursor.execute("SELECT status, revision FROM image WHERE digest = %s", (raw,))
    if row := cursor.fetchone():
        moves = {move: (ImageStatus(row[0]), move) in IMAGE_MOVES for _, move in IMAGE_MOVES}
        found.append(State(row[0], row[1], moves))
    cursor.execute("SELECT status, revision FROM archived_image WHERE digest = %s", (raw,))
    if row := cursor.fetchone():
        moves = {move: (ArchiveStatus(row[0]), move) in ARCHIVE_MOVES for _, move in ARCHIVE_MOVES}
        found.append(State(row[0], row[1], moves))
    return tuple(found)
