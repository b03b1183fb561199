"""The rows of an image: its layers, their chain, and the image itself."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from cargohold.contracts import AnalysisReady
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes
from cargohold.documents.analysis import Analysis, LayerEntry
from cargohold.identifiers import made_at
from cargohold.lifecycle import ImageStatus
from persist.content import Content
from persist.text import MAX_INTEGER, NAME_BYTES, fit, fit_integer

_LAYERS = """
INSERT INTO layer (diff_id, blob_digest)
SELECT DISTINCT n.diff_id, n.blob_digest FROM unnest(%s::bytea[], %s::bytea[]) n (diff_id, blob_digest)
WHERE NOT EXISTS (SELECT FROM layer l WHERE l.diff_id = n.diff_id AND l.blob_digest = n.blob_digest)
ORDER BY n.diff_id, n.blob_digest
ON CONFLICT DO NOTHING
"""

_LAYER_IDS = """
SELECT array_agg(l.id ORDER BY n.ordinal)
FROM unnest(%s::bytea[], %s::bytea[]) WITH ORDINALITY n (diff_id, blob_digest, ordinal)
JOIN layer l ON l.diff_id = n.diff_id AND l.blob_digest = n.blob_digest
"""

# Every image column that an analysis decides. `status` and `request_id` let a transition under way fail.
_IMAGE = """
INSERT INTO image (digest, media_type, os, architecture, variant, distro_id, distro_version, size, uncompressed_size,
    file_count, package_count, layer_chain_id, analysis_id, analysis_sha256, catalog_version, created_at, analyzed_at)
VALUES (%(digest)s, %(media_type)s, %(os)s, %(architecture)s, %(variant)s, %(distro_id)s, %(distro_version)s,
    %(size)s, %(uncompressed_size)s, %(file_count)s, %(package_count)s, %(layer_chain_id)s, %(analysis_id)s,
    %(analysis_sha256)s, %(catalog_version)s, %(created_at)s, %(analyzed_at)s)
ON CONFLICT (digest) DO UPDATE SET
    media_type = EXCLUDED.media_type, os = EXCLUDED.os, architecture = EXCLUDED.architecture,
    variant = EXCLUDED.variant, distro_id = EXCLUDED.distro_id, distro_version = EXCLUDED.distro_version,
    size = EXCLUDED.size, uncompressed_size = EXCLUDED.uncompressed_size, file_count = EXCLUDED.file_count,
    package_count = EXCLUDED.package_count, layer_chain_id = EXCLUDED.layer_chain_id,
    analysis_id = EXCLUDED.analysis_id, analysis_sha256 = EXCLUDED.analysis_sha256,
    catalog_version = EXCLUDED.catalog_version, created_at = EXCLUDED.created_at,
    analyzed_at = EXCLUDED.analyzed_at, revision = image.revision + 1, request_id = NULL, status = %(active)s,
    status_changed_at = CASE WHEN image.status = %(active)s THEN image.status_changed_at ELSE now() END
RETURNING id
"""


def write(cursor: Cursor, message: AnalysisReady, content: Content) -> int:
    """Write the image's row, new or replaced, and return its id."""
    analysis = content.analysis
    cursor.execute(
        _IMAGE,
        {
            "digest": to_bytes(message.image),
            "media_type": fit(analysis.media_type, NAME_BYTES),
            "os": fit(analysis.os, 100),
            "architecture": fit(analysis.architecture, 100),
            "variant": fit(analysis.variant, 100),
            "distro_id": fit(analysis.distro.id, 200),
            "distro_version": fit(analysis.distro.version_id or analysis.distro.build_id, 200),
            "size": _total(layer.size for layer in analysis.layers),
            "uncompressed_size": _total(layer.uncompressed_size for layer in analysis.layers),
            "file_count": fit_integer(analysis.files),
            "package_count": content.packages.visible,
            "layer_chain_id": _chain(cursor, analysis.layers),
            "analysis_id": message.analysis_id,
            "analysis_sha256": content.sha256,
            "catalog_version": message.catalog_version,
            "created_at": created_at(analysis),
            "analyzed_at": made_at(message.analysis_id),
            "active": ImageStatus.ACTIVE,
        },
    )
    identifier: int = cursor.fetchone()[0]
    return identifier


def touch(cursor: Cursor, image_id: int) -> None:
    """Say that something about an image changed: a transition that began before it fails at its fence."""
    cursor.execute(
        "UPDATE image SET revision = revision + 1, request_id = NULL, status = %(active)s, status_changed_at = "
        "CASE WHEN status = %(active)s THEN status_changed_at ELSE now() END WHERE id = %(id)s",
        {"active": ImageStatus.ACTIVE, "id": image_id},
    )


def created_at(analysis: Analysis) -> datetime | None:
    """Return when the image's config says that it was made; None when it says nothing sensible (RFC 3339)."""
    try:
        created = datetime.fromisoformat(analysis.created)
        return created.astimezone(UTC) if created.tzinfo else created.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _chain(cursor: Cursor, layers: Sequence[LayerEntry]) -> int:
    diff_ids = [to_bytes(layer.diff_id) for layer in layers]
    blobs = [to_bytes(layer.digest) if layer.digest else b"" for layer in layers]
    digest = sha256(b"".join(part for pair in zip(diff_ids, blobs, strict=True) for part in pair)).digest()
    known = "SELECT id FROM layer_chain WHERE sha256 = %s"
    cursor.execute(known, (digest,))
    row = cursor.fetchone()
    if row is None:
        cursor.execute(_LAYERS, (diff_ids, blobs))
        cursor.execute(_LAYER_IDS, (diff_ids, blobs))
        identifiers = cursor.fetchone()[0] or []
        cursor.execute(
            "INSERT INTO layer_chain (sha256, layers) VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, identifiers)
        )
        cursor.execute(known, (digest,))
        row = cursor.fetchone()
    identifier: int = row[0]
    return identifier


def _total(sizes: Iterable[int]) -> int:
    return min(sum(max(0, size) for size in sizes), MAX_INTEGER << 31)
