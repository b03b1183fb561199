"""What is known before a result is written, asked in one round trip: the state of its image, its sets and layers."""

from dataclasses import dataclass

from cargohold.contracts import AnalysisReady
from cargohold.database.batch import Batch, Statement
from cargohold.digests import to_bytes
from cargohold.identifiers import made_at
from cargohold.lifecycle import ArchiveStatus, ImageStatus
from persist.content import Content
from persist.guards import State, StoredImage
from persist.packages import analysis_hour

# Serialises the writers of one image, also while it has no row that could be locked.
_LOCK = Statement("SELECT pg_advisory_xact_lock(%(lock)s)", "lock bigint")

_HOLD = Statement("SELECT FROM image WHERE digest = %(digest)s FOR UPDATE", "digest bytea")

# Read after the locks: whoever removed the row has left the tombstone in the same transaction.
_KNOWN = Statement(
    """
SELECT i.id, i.analysis_id, i.catalog_version, i.status, i.status_changed_at, i.package_count,
    (SELECT t.at FROM tombstone t WHERE t.digest = %(digest)s),
    (SELECT a.analysis_id FROM archived_image a WHERE a.digest = %(digest)s),
    (SELECT c.id FROM layer_chain c WHERE c.sha256 = %(chain)s),
    sets.ids, sets.other_times
FROM (VALUES (1)) one LEFT JOIN image i ON i.digest = %(digest)s, LATERAL (
    SELECT coalesce(array_agg(s.id ORDER BY n.place), '{}') AS ids,
        coalesce(bool_or(t.last_seen < %(hour)s OR t.first_seen > %(hour)s), false) AS other_times
    FROM unnest(%(sets)s) WITH ORDINALITY n (sha256, place)
    LEFT JOIN package_set s ON s.sha256 = n.sha256 LEFT JOIN package_set_seen t ON t.set_id = s.id) sets
""",
    "digest bytea, chain bytea, sets bytea[], hour timestamptz",
)

_END_RESTORE = Statement(
    """
UPDATE archived_image SET status = %(archived)s, transition_id = NULL, error = '', revision = revision + 1,
    status_changed_at = now()
WHERE digest = %(digest)s AND status = %(restoring)s AND transition_id = %(request)s
RETURNING 1
""",
    "digest bytea, archived text, restoring text, request uuid",
)


@dataclass(frozen=True, slots=True)
class Known:
    """The state of an image, and what its analysis has in common with others: ids of its chain, and of sets by SHA-256.

    `other_times` tells that one of the sets was not seen yet so late, or so early.
    """

    state: State
    chain: int | None
    sets: dict[bytes, int]
    other_times: bool

    @property
    def image_id(self) -> int | None:
        """The id of the image's row, None when it has none yet."""
        return self.state.image.id if self.state.image else None


def look_up(batch: Batch, message: AnalysisReady, found: Content | None) -> Known:
    """Return what is known; until the transaction ends nobody else writes the message's image.

    Without content no chain and no sets are looked up. A restore that the message ends is ended here:
    its archive is `archived` again.
    """
    digest = to_bytes(message.image)
    digests = [one.sha256 for one in found.packages.sets] if found else []
    batch.add(_LOCK, {"lock": int.from_bytes(digest[:8], "big", signed=True)})
    batch.add(_HOLD, {"digest": digest})
    wanted = {
        "digest": digest,
        "chain": found.chain.sha256 if found else None,
        "sets": digests,
        "hour": analysis_hour(made_at(message.analysis_id)),
    }
    ((*row, tombstone_at, archived, chain, sets, other_times),) = batch.fetch(_KNOWN, wanted)
    image = StoredImage(row[0], row[1], row[2], ImageStatus(row[3]), row[4], row[5]) if row[0] is not None else None
    return Known(
        State(image, tombstone_at, _ends_restore(batch, message, digest), archived),
        chain,
        {sha256: known for sha256, known in zip(digests, sets, strict=True) if known is not None},
        other_times,
    )


def _ends_restore(batch: Batch, message: AnalysisReady, digest: bytes) -> bool:
    if message.origin != "restore" or message.request_id is None:
        return False
    parameters = {
        "digest": digest,
        "archived": ArchiveStatus.ARCHIVED,
        "restoring": ArchiveStatus.RESTORING,
        "request": message.request_id,
    }
    return bool(batch.fetch(_END_RESTORE, parameters))
