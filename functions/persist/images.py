"""The row of an image."""

from datetime import UTC, datetime

from cargohold.contracts import AnalysisReady
from cargohold.database.batch import Batch, Statement
from cargohold.database.media_types import to_column
from cargohold.digests import to_bytes
from cargohold.documents.analysis import Analysis
from cargohold.identifiers import made_at
from cargohold.lifecycle import ImageStatus
from persist import chain as chains
from persist.content import Content
from persist.text import NAME_BYTES, fit, fit_integer

# Every image column that an analysis decides. `status` and `request_id` let a transition under way fail.
_IMAGE = Statement(
    """
INSERT INTO image (digest, media_type, os, architecture, variant, distro_id, distro_version, size, uncompressed_size,
    file_count, package_count, layer_chain_id, analysis_id, analysis_sha256, catalog_version, created_at, analyzed_at)
VALUES (%(digest)s, %(media_type)s, %(os)s, %(architecture)s, %(variant)s, %(distro_id)s, %(distro_version)s,
    %(size)s, %(uncompressed_size)s, %(file_count)s, %(package_count)s,
    coalesce(%(chain)s, (SELECT id FROM layer_chain WHERE sha256 = %(chain_sha256)s)), %(analysis_id)s,
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
""",
    "digest bytea, media_type text, os text, architecture text, variant text, distro_id text, "
    "distro_version text, size bigint, uncompressed_size bigint, file_count integer, package_count integer, "
    "chain integer, chain_sha256 bytea, analysis_id uuid, analysis_sha256 bytea, catalog_version integer, "
    "created_at timestamptz, analyzed_at timestamptz, active text",
)

_TOUCH = Statement(
    """
UPDATE image SET revision = revision + 1, request_id = NULL, status = %(active)s,
    status_changed_at = CASE WHEN status = %(active)s THEN status_changed_at ELSE now() END
WHERE id = %(id)s
""",
    "active text, id integer",
)


def write(batch: Batch, message: AnalysisReady, content: Content, chain: int | None) -> None:
    """Write the image's row, new or replaced. `chain` is the id of its chain of layers, None when it is a new one."""
    analysis = content.analysis
    if chain is None:
        chains.write(batch, content.chain)
    batch.add(
        _IMAGE,
        {
            "digest": to_bytes(message.image),
            "media_type": to_column(fit(analysis.media_type, NAME_BYTES)),
            "os": fit(analysis.os, 100),
            "architecture": fit(analysis.architecture, 100),
            "variant": fit(analysis.variant, 100),
            "distro_id": fit(analysis.distro.id, 200),
            "distro_version": fit(analysis.distro.version_id or analysis.distro.build_id, 200),
            "size": analysis.size,
            "uncompressed_size": analysis.uncompressed_size,
            "file_count": fit_integer(analysis.files),
            "package_count": content.packages.visible,
            "chain": chain,
            "chain_sha256": content.chain.sha256,
            "analysis_id": message.analysis_id,
            "analysis_sha256": content.sha256,
            "catalog_version": message.catalog_version,
            "created_at": created_at(analysis),
            "analyzed_at": made_at(message.analysis_id),
            "active": ImageStatus.ACTIVE,
        },
    )


def touch(batch: Batch, image_id: int) -> None:
    """Say that something about an image changed: a transition that began before it fails at its fence."""
    batch.add(_TOUCH, {"active": ImageStatus.ACTIVE, "id": image_id})


def created_at(analysis: Analysis) -> datetime | None:
    """Return when the image's config says that it was made; None when it says nothing sensible (RFC 3339)."""
    try:
        created = datetime.fromisoformat(analysis.created)
        return created.astimezone(UTC) if created.tzinfo else created.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
