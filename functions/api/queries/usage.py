"""How much there is: counts and bytes of everything that is kept."""

from dataclasses import dataclass
from datetime import datetime

from cargohold.database.connection import Cursor


@dataclass(frozen=True, slots=True)
class ImageUsage:
    """The images that can be asked about. Sizes in bytes are of their layers, each image's own counted whole."""

    images: int
    archiving: int
    deleting: int
    size: int
    uncompressed_size: int
    files: int
    newest: datetime | None  # when the last one was analyzed


@dataclass(frozen=True, slots=True)
class ArchiveUsage:
    """The archive. `bytes` are of its bundles."""

    images: int
    restoring: int
    deleting: int
    bytes: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What is kept. `references` and `tags` are current ones; packages, sets and layers are shared by images."""

    images: ImageUsage
    archives: ArchiveUsage
    registries: int
    repositories: int
    references: int
    tags: int
    packages: int
    package_sets: int
    layers: int
    secrets: int
    rules: int


def usage(cursor: Cursor) -> Usage:
    """Return the figures of now. They are counted, and take a second where there are a million images."""
    cursor.execute(
        "SELECT count(*), count(*) FILTER (WHERE status = 'archiving'), count(*) FILTER (WHERE status = 'deleting'), "
        "coalesce(sum(size), 0)::bigint, coalesce(sum(uncompressed_size), 0)::bigint, "
        "coalesce(sum(file_count), 0)::bigint, max(analyzed_at) FROM image"
    )
    images = ImageUsage(*cursor.fetchone())
    cursor.execute(
        "SELECT count(*), count(*) FILTER (WHERE status = 'restoring'), count(*) FILTER (WHERE status = 'deleting'), "
        "coalesce(sum(bundle_size), 0)::bigint, max(archived_at) FROM archived_image"
    )
    archives = ArchiveUsage(*cursor.fetchone())
    cursor.execute(
        "SELECT count(DISTINCT registry), count(DISTINCT (registry, repository)), count(*), "
        "count(*) FILTER (WHERE tag <> '') FROM reference WHERE removed_at IS NULL"
    )
    references = cursor.fetchone()
    cursor.execute(
        "SELECT (SELECT count(*) FROM package), (SELECT count(*) FROM package_set), (SELECT count(*) FROM layer), "
        "(SELECT count(*) FROM secret), (SELECT count(*) FROM archive_rule)"
    )
    return Usage(images, archives, *references, *cursor.fetchone())
