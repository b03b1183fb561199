"""The archive's row of an image, made of its bundle alone: for an import, and for a database that was lost."""

from datetime import datetime
from uuid import UUID

import orjson

from archive.bundle import Verified
from archive.rows import Bundled
from cargohold import digests
from cargohold.database.connection import Cursor
from cargohold.documents.analysis import Analysis
from cargohold.errors import InvalidBundle

_WRITE = """
INSERT INTO archived_image (
    digest, status, request_id, bundle_key, bundle_sha256, bundle_size, analysis_id, catalog_version, os,
    architecture, distro_id, distro_version, size, uncompressed_size, package_count, "references", primary_keys,
    stale_bundles, analyzed_at, archived_at)
VALUES (%(digest)s, 'archived', %(request_id)s, %(key)s, %(sha256)s, %(bundle_size)s, %(analysis_id)s,
    %(catalog_version)s, %(os)s, %(architecture)s, %(distro_id)s, %(distro_version)s, %(size)s,
    %(uncompressed_size)s, %(packages)s, %(references)s, '{}', %(others)s, %(analyzed_at)s,
    coalesce(%(archived_at)s, now()))
"""


def write_row(
    cursor: Cursor,
    verified: Verified,
    made: Bundled,
    request_id: UUID,
    others: list[str],
    *,
    packages: int,
    archived_at: datetime | None = None,
) -> None:
    """Write the row of a verified bundle; `others` are bundles of the image that are to go. It must have no row."""
    analysis, history = verified.analysis, verified.history
    shown = [one.model_dump(mode="json", exclude_none=True) for one in history.current()]
    cursor.execute(
        _WRITE,
        {
            "digest": digests.to_bytes(verified.manifest.image),
            "request_id": request_id,
            "key": made.key,
            "sha256": made.sha256,
            "bundle_size": made.size,
            "analysis_id": verified.manifest.analysis_id,
            "catalog_version": verified.manifest.catalog_version,
            "os": _fit(analysis.os),
            "architecture": _fit(analysis.architecture),
            "distro_id": _fit(analysis.distro.id),
            "distro_version": _fit(analysis.distro.version_id or analysis.distro.build_id),
            "size": analysis.size,
            "uncompressed_size": analysis.uncompressed_size,
            "packages": packages,
            "references": orjson.dumps(shown).decode(),
            "others": others,
            "analyzed_at": history.analyzed_at,
            "archived_at": archived_at,
        },
    )


def check_storable(verified: Verified, name: str) -> None:
    """Raise `InvalidBundle` for names that Postgres cannot hold."""
    told = verified.history.model_dump_json()
    if "\0" in told or "\\u0000" in told:
        raise InvalidBundle(bundle=name, reason="a name in its history has a NUL")


def packages_of(analysis: Analysis) -> int:
    """Return how many visible packages an analysis says it has."""
    return min(sum(max(0, count) for count in analysis.packages.values()), 2**31 - 1)


def _fit(text: str) -> str:
    return text.replace("\0", "")[:200]
