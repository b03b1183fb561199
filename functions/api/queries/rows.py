"""Rows of images, as the views that every listing of images gives."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api.queries.references import attempts_after, references_of
from api.queries.views import ImageView
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes, to_text
from cargohold.lifecycle import AnalysisStatus

ACTIVE = """
    i.digest, i.status, i.analysis_id, encode(i.analysis_sha256, 'hex'), i.catalog_version, i.media_type, i.os,
    i.architecture, i.variant, i.distro_id, i.distro_version, i.size, i.uncompressed_size, i.file_count,
    i.package_count, i.revision, i.created_at, i.analyzed_at, i.protected_until, i.error
"""


def complete(cursor: Cursor, images: Sequence[ImageView], *, include_removed: bool = False) -> tuple[ImageView, ...]:
    """Return `images` with their references and, where one is newer, their last attempt."""
    if not images:
        return ()
    digests = [to_bytes(image.digest) for image in images]
    references = references_of(cursor, digests, include_removed=include_removed)
    attempts = attempts_after(
        cursor, [(digest, image.analysis_id) for digest, image in zip(digests, images, strict=True)]
    )
    return tuple(
        replace(image, references=references.get(digest, ()), attempt=attempts.get(digest))
        for digest, image in zip(digests, images, strict=True)
    )


def image_view(row: Sequence[Any]) -> ImageView:
    """Return the view of a row of `ACTIVE`."""
    return ImageView(to_text(row[0]), row[1], AnalysisStatus.ANALYZED.value, *row[2:20])
