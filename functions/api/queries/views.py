"""What queries return, in the terms that users see."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """A name of an image. `digest` is the image's or, for a multi-platform image, its index's."""

    registry: str
    repository: str
    tag: str
    digest: str
    first_seen: datetime
    pushed_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """A try to analyze a reference. One that is past its deadline reads as failed with `gave_up`."""

    analysis_id: UUID
    registry: str
    repository: str
    tag: str
    digest: str
    status: str  # analyzing, analyzed, analysis_failed
    error_code: str
    error_message: str
    final: bool
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImageView:
    """An image and its last good analysis. `attempt` is a newer one that has not succeeded, if there is one."""

    digest: str
    image_status: str  # active, archiving, archived, restoring, deleting
    analysis_status: str
    analysis_id: UUID
    analysis_sha256: str  # of the document `analysis`; "" for an archived image
    catalog_version: int
    media_type: str
    os: str
    architecture: str
    variant: str
    distro_id: str
    distro_version: str
    size: int
    uncompressed_size: int
    file_count: int
    package_count: int
    revision: int
    created_at: datetime | None
    analyzed_at: datetime
    protected_until: datetime | None
    error: str  # why the last archiving or deletion failed, or waits; "" when it did not
    references: tuple[ReferenceView, ...] = ()
    attempt: AttemptView | None = None


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer of an image. `digest` is "" when its transport has no blobs."""

    diff_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class PackageCount:
    """How many different packages of one type an image has in one scope."""

    scope: str
    type: str
    packages: int


@dataclass(frozen=True, slots=True)
class ImageDetail:
    """An image with what a list leaves out. `archive` is the status of its bundle, "" without one."""

    image: ImageView
    layers: tuple[LayerView, ...]
    packages: tuple[PackageCount, ...]
    indexes: tuple[str, ...]
    archive: str


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package as the fleet knows it.

    `last_seen` is kept, to the hour, when the last of a kind of images that had it goes; of packages that images
    have now, `queries.seen` finds it.
    """

    id: int
    type: str
    namespace: str
    name: str
    version: str
    source_name: str
    source_version: str
    distro: str
    purl: str
    licenses: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class ImagePackage:
    """A package of one image: which cataloger found it, and in which scope."""

    package: PackageView
    cataloger: str
    scope: str


@dataclass(frozen=True, slots=True)
class ImageMatch:
    """An image that has packages asked for, and which."""

    image: ImageView
    packages: tuple[PackageView, ...]


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """A bundle in the archive. `error` says why the last restore failed, or what is under way waits.

    `damage` is what the last audit, at `audited_at`, found wrong with it.
    """

    digest: str
    image_status: str  # archived, restoring, deleting
    active: bool  # the image is in the primary store as well
    bundle_key: str
    bundle_sha256: str
    bundle_size: int
    analysis_id: UUID
    catalog_version: int
    os: str
    architecture: str
    distro_id: str
    distro_version: str
    size: int  # of the image's layers; as the next, 0 for what was archived before this was kept
    uncompressed_size: int
    package_count: int
    references: tuple[dict[str, object], ...]
    revision: int
    rule_id: int | None
    error: str
    analyzed_at: datetime
    archived_at: datetime
    audited_at: datetime | None
    damage: str


@dataclass(frozen=True, slots=True)
class SecretView:
    """A secret in an image: where it stands. `layer` is None in a config, unless a command that made a layer has it."""

    image: str
    rule: str
    category: str
    title: str
    severity: str
    source: str  # file or config
    path: str
    layer: int | None
    line: int
    column: int
    snippet: str
    digest: str
    visible: bool
    created_by: str


@dataclass(frozen=True, slots=True)
class PackageChange:
    """A package that two images have in different versions, or only one of them has.

    `change` is added, removed, upgraded, downgraded or, without an order between the two versions, changed.
    """

    change: str
    type: str
    namespace: str
    name: str
    before: str | None
    after: str | None
    purl_before: str | None
    purl_after: str | None


@dataclass(frozen=True, slots=True)
class LayerDiff:
    """How many layers two images have, how many they begin with in common, and the diff ids that both have."""

    first: int
    second: int
    base: int
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImageDiff:
    """What two images (digests) do not have in common. `packages` are in the order of type, namespace and name."""

    first: str
    second: str
    layers: LayerDiff
    packages: tuple[PackageChange, ...]
