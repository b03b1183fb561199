"""The chain of an image's layers: content-addressed, and written once for all images that have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cargohold.database.batch import Batch, Statement
from cargohold.digests import to_bytes
from cargohold.documents.analysis import LayerEntry

_LAYERS = Statement(
    """
INSERT INTO layer (diff_id, blob_digest)
SELECT DISTINCT n.diff_id, n.blob_digest FROM unnest(%(diff_ids)s, %(blobs)s) n (diff_id, blob_digest)
WHERE NOT EXISTS (SELECT FROM layer l WHERE l.diff_id = n.diff_id AND l.blob_digest = n.blob_digest)
ORDER BY n.diff_id, n.blob_digest
ON CONFLICT DO NOTHING
""",
    "diff_ids bytea[], blobs bytea[]",
)

_CHAIN = Statement(
    """
INSERT INTO layer_chain (sha256, layers)
SELECT %(sha256)s, coalesce(array_agg(l.id ORDER BY n.ordinal), '{}')
FROM unnest(%(diff_ids)s, %(blobs)s) WITH ORDINALITY n (diff_id, blob_digest, ordinal)
JOIN layer l ON l.diff_id = n.diff_id AND l.blob_digest = n.blob_digest
ON CONFLICT DO NOTHING
""",
    "sha256 bytea, diff_ids bytea[], blobs bytea[]",
)


@dataclass(frozen=True, slots=True)
class Chain:
    """The layers of an image, base first; `blobs` are empty where the transport has none. `sha256` names it."""

    sha256: bytes
    diff_ids: list[bytes]
    blobs: list[bytes]


def chain_of(layers: Sequence[LayerEntry]) -> Chain:
    """Return the chain of `layers`. Raises `InvalidDigest`."""
    diff_ids = [to_bytes(layer.diff_id) for layer in layers]
    blobs = [to_bytes(layer.digest) if layer.digest else b"" for layer in layers]
    pairs = zip(diff_ids, blobs, strict=True)
    return Chain(sha256(b"".join(part for pair in pairs for part in pair)).digest(), diff_ids, blobs)


def write(batch: Batch, chain: Chain) -> None:
    """Write a chain that is not known, and those of its layers that are not."""
    parameters = {"sha256": chain.sha256, "diff_ids": chain.diff_ids, "blobs": chain.blobs}
    batch.add(_LAYERS, parameters)
    batch.add(_CHAIN, parameters)
