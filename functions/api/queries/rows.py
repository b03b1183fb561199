"""Rows of images, as the views that every listing of images gives."""

from collections.abc import Sequence
from typing import Any

from api.queries.references import attempts_after, references_of
from api.queries.views import ImageView
from cargohold.database.connection import Cursor
from cargohold.database.media_types import from_column
from cargohold.digests import to_text
from cargohold.lifecycle import AnalysisStatus

ACTIVE = """
    i.digest, i.status, i.analysis_id, encode(i.analysis_sha256, 'hex'), i.catalog_version, i.media_type, i.os,
    i.architecture, i.variant, i.distro_id, i.distro_version, i.size, i.uncompressed_size, i.file_count,
    i.package_count, i.revision, i.created_at, i.analyzed_at, i.protected_until, i.error
"""


def image_views(
    cursor: Cursor, rows: Sequence[Sequence[Any]], *, include_removed: bool = False
) -> tuple[ImageView, ...]:
    """Return the views of rows of `ACTIVE`, with their references and, where one is newer, their last attempt."""
    if not rows:
        return ()
    references = references_of(cursor, [row[0] for row in rows], include_removed=include_removed)
    attempts = attempts_after(cursor, [(row[0], row[2]) for row in rows])
    views = []
    for row in rows:
        names, attempt = references.get(row[0], ()), attempts.get(row[0])
        stored = [*row[2:5], from_column(row[5]), *row[6:20]]
        views.append(ImageView(*[to_text(row[0]), row[1], AnalysisStatus.ANALYZED.value, *stored, names, attempt]))
    return tuple(views)
