"""The messages between functions, and the events for users.

Delivery is at least once and out of order. Every model is small (a claim check: documents travel by
key and SHA-256), carries `schema_version`, and ignores fields it does not know, so that a newer
sender never breaks an older receiver. Golden samples are in `events/`.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from cargohold.lifecycle import Transition

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class Message(BaseModel):
    """What all messages share."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    schema_version: Literal[1] = 1
    correlation_id: str = Field(default_factory=lambda: str(uuid4()))


class Reference(BaseModel):
    """A name of an image: registry host (`""` for transports without one), repository, tag and digest.

    `digest` is what the tag pointed to when it was pushed: the digest of an index for a
    multi-platform image. `transport` is skopeo's name of how the image is read, and `location` what
    follows it for transports without a registry (a path).
    """

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    registry: str = ""
    repository: str
    tag: str = ""
    digest: Digest | None = None
    pushed_at: AwareDatetime | None = None
    transport: Literal["docker", "oci", "oci-archive", "docker-archive"] = "docker"
    location: str = ""


class AnalyzeRequest(Message):
    """Analyze an image. Sent by intake, api, the ECR rule, and analyze itself for children of an index."""

    kind: Literal["AnalyzeRequest"] = "AnalyzeRequest"
    reference: Reference
    image: Digest | None = None  # the child to analyze when `reference.digest` names an index
    parents: tuple[Digest, ...] = ()
    reason: Literal["push", "manual", "reconcile", "reanalyze"] = "push"
    force: bool = False
    hops: int = Field(default=0, ge=0)
    stops: int = Field(default=0, ge=0)  # invocations in a row that ended for want of time with no layer finished


class ReferenceRemoved(Message):
    """A tag, or a digest with all its tags, was removed from its registry."""

    kind: Literal["ReferenceRemoved"] = "ReferenceRemoved"
    reference: Reference
    removed_at: AwareDatetime


class AnalysisStarted(Message):
    """An attempt began. It reads as given up after `deadline`."""

    kind: Literal["AnalysisStarted"] = "AnalysisStarted"
    reference: Reference
    image: Digest | None = None  # when known: the image itself where `reference.digest` names an index
    analysis_id: UUID
    started_at: AwareDatetime
    deadline: AwareDatetime


class DocumentKey(BaseModel):
    """Claim check of one document."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    document: str
    key: str
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: int = Field(ge=0)


class AnalysisReady(Message):
    """The documents of an analysis are in the object store; persist makes rows of them."""

    kind: Literal["AnalysisReady"] = "AnalysisReady"
    analysis_id: UUID
    image: Digest
    parents: tuple[Digest, ...] = ()
    references: tuple[Reference, ...] = ()
    documents: tuple[DocumentKey, ...]
    catalog_version: int
    origin: Literal["analysis", "restore", "reindex"] = "analysis"
    reason: Literal["push", "manual", "reconcile", "reanalyze"] = "push"
    force: bool = False
    request_id: UUID | None = None


class AnalysisFailed(Message):
    """An attempt failed. `final` means that no retry follows."""

    kind: Literal["AnalysisFailed"] = "AnalysisFailed"
    reference: Reference
    image: Digest | None = None  # as of `AnalysisStarted`
    analysis_id: UUID
    error_code: str
    error_message: str
    final: bool
    failed_at: AwareDatetime


class TransitionRequest(Message):
    """Move an image into or out of the archive, or delete it."""

    kind: Literal["TransitionRequest"] = "TransitionRequest"
    image: Digest
    transition: Transition
    request_id: UUID
    revision: int | None = None  # of the row the requester saw; None means whatever it is
    rule_id: int | None = None
    requested_by: str = ""
    hops: int = Field(default=0, ge=0)  # above 0 it begins nothing: it looks after what the request began


class ImportRequest(Message):
    """Take a bundle that was uploaded in parts (`cargohold.uploads`) into the archive."""

    kind: Literal["ImportRequest"] = "ImportRequest"
    upload_id: UUID
    parts: int = Field(ge=1, le=10_000)
    size: int = Field(ge=1)  # of all parts, in bytes
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    requested_by: str = ""


class ScheduledRun(Message):
    """What EventBridge Scheduler sends: one run of a scheduled job, and its continuations."""

    kind: Literal["ScheduledRun"] = "ScheduledRun"
    job: Literal["archive-rules", "archive-continue", "archive-audit"]
    execution_id: str = ""
    dry_run: bool = False
    hops: int = Field(default=0, ge=0)
    cursor: str = ""  # where a continuation goes on; of `archive-continue`, the key of a bundle that can be read now
    sample: int | None = Field(default=None, ge=1, le=1_000_000_000)  # bundles of an audit; a share of all when missing
    image: Digest | None = None  # of a dry run of rules: only this one, also when no rule names it


class ReconcileRun(Message):
    """Compare registries with the database: what EventBridge Scheduler sends, and a run of one registry."""

    kind: Literal["ReconcileRun"] = "ReconcileRun"
    execution_id: str = ""
    registry: str = ""  # its host; every one that is due when empty
    cursor: str = ""  # where a continuation goes on: after a repository, or `repository:tag` within one
    dry_run: bool = False
    hops: int = Field(default=0, ge=0)


# For users ------------------------------------------------------------------------------------


class Event(Message):
    """An event on the bus. `event_id` is deterministic: a replay emits the same one again."""

    event_id: UUID
    at: AwareDatetime
    image: Digest
    references: tuple[Reference, ...] = ()


class ImageAnalyzed(Event):
    """The packages of an image can be queried."""

    kind: Literal["ImageAnalyzed"] = "ImageAnalyzed"
    analysis_id: UUID
    catalog_version: int
    packages: int


class ImageAnalysisFailed(Message):
    """An image could not be analyzed; `image` is missing when the failure came before the digest was known."""

    kind: Literal["ImageAnalysisFailed"] = "ImageAnalysisFailed"
    event_id: UUID
    at: AwareDatetime
    image: Digest | None = None
    reference: Reference
    error_code: str
    error_message: str


class ImageArchived(Event):
    """The analysis is in the archive store, verified, and no longer in the API."""

    kind: Literal["ImageArchived"] = "ImageArchived"
    bundle_key: str
    bundle_size: int


class BundleDamaged(Event):
    """An audit found a bundle that cannot be restored: `damage` is the error's code and message."""

    kind: Literal["BundleDamaged"] = "BundleDamaged"
    bundle_key: str
    damage: str


class ImageRestored(Event):
    """The analysis is back, byte for byte."""

    kind: Literal["ImageRestored"] = "ImageRestored"


class ImageDeleted(Event):
    """The analysis was deleted, from the primary store or from the archive."""

    kind: Literal["ImageDeleted"] = "ImageDeleted"
    archive: bool = False


AnalyzeQueueMessage = AnalyzeRequest
PersistQueueMessage = Annotated[
    ReferenceRemoved | AnalysisStarted | AnalysisReady | AnalysisFailed, Field(discriminator="kind")
]
ArchiveQueueMessage = Annotated[TransitionRequest | ScheduledRun | ImportRequest, Field(discriminator="kind")]
BusEvent = ImageAnalyzed | ImageAnalysisFailed | ImageArchived | ImageRestored | ImageDeleted | BundleDamaged


def host_of_ecr(account: str, region: str) -> str:
    """Return the host of an account's ECR registry in `region`."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{suffix}"


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    from datetime import UTC

    return datetime.now(UTC)
