"""The statuses of an image and its legal moves: used by persist, archive and api.

`analysis_status` belongs to an attempt and is shown of an image; `image_status` is stored, split in
two: `image.status` for what the API shows and `archived_image.status` for what is in the archive.
A digest may be in both (restored, or analyzed anew after archiving).
"""

from enum import StrEnum


class AnalysisStatus(StrEnum):
    """How the analysis of a reference stands, in Anchore's terms."""

    NOT_ANALYZED = "not_analyzed"
    ANALYZING = "analyzing"
    ANALYZED = "analyzed"
    ANALYSIS_FAILED = "analysis_failed"


class ImageStatus(StrEnum):
    """Status of a row of `image`."""

    ACTIVE = "active"
    ARCHIVING = "archiving"
    DELETING = "deleting"


class ArchiveStatus(StrEnum):
    """Status of a row of `archived_image`."""

    ARCHIVED = "archived"
    RESTORING = "restoring"
    DELETING = "deleting"


class Transition(StrEnum):
    """What a `TransitionRequest` can ask for."""

    ARCHIVE = "archive"
    RESTORE = "restore"
    DELETE_IMAGE = "delete_image"
    DELETE_ARCHIVE = "delete_archive"
    CANCEL = "cancel"


IMAGE_MOVES: dict[tuple[ImageStatus, Transition], ImageStatus] = {
    (ImageStatus.ACTIVE, Transition.ARCHIVE): ImageStatus.ARCHIVING,
    (ImageStatus.ACTIVE, Transition.DELETE_IMAGE): ImageStatus.DELETING,
    (ImageStatus.ARCHIVING, Transition.CANCEL): ImageStatus.ACTIVE,
}

ARCHIVE_MOVES: dict[tuple[ArchiveStatus, Transition], ArchiveStatus] = {
    (ArchiveStatus.ARCHIVED, Transition.RESTORE): ArchiveStatus.RESTORING,
    (ArchiveStatus.ARCHIVED, Transition.DELETE_ARCHIVE): ArchiveStatus.DELETING,
    (ArchiveStatus.RESTORING, Transition.CANCEL): ArchiveStatus.ARCHIVED,
}
