"""The raw EventBridge events of Amazon ECR, as the messages that the rest understands.

Source: Amazon ECR user guide, "Amazon ECR events and EventBridge". One `ECR Image Action` is sent a
tag, or without a tag for a push by digest and for each child of an index. Replication into a registry and
a pull-through cache send events of their own, of the registry that has the image now. Signatures and SBOMs pushed
beside an image arrive in the same way: where the event says so they are left out here, and analyze
leaves out the others once it has seen their manifest.
"""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cargohold.contracts import AnalyzeRequest, Digest, Reference, ReferenceRemoved, host_of_ecr
from cargohold.errors import InvalidMessage

_IMAGES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
_CONFIGS = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json", *_IMAGES}
)


# What each kind of event calls a success, and the actions by which an image arrives.
_SUCCESS = "SUCCESS"
_ARRIVED = {
    "ECR Image Action": frozenset({"PUSH"}),
    "ECR Replication Action": frozenset({"REPLICATE"}),
    "ECR Pull Through Cache Action": frozenset({""}),  # it has no action
}


class _Detail(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    result: str = _SUCCESS
    sync_status: str = Field(alias="sync-status", default=_SUCCESS)  # of a pull-through cache
    action: str = Field(alias="action-type", default="")
    repository: str = Field(alias="repository-name", min_length=1)
    digest: Digest | None = Field(alias="image-digest", default=None)
    tag: str | None = Field(alias="image-tag", default=None)
    # Not every region sends these two; `artifact-media-type` is the type of an image's config.
    manifest_media_type: str | None = Field(alias="manifest-media-type", default=None)
    artifact_media_type: str | None = Field(alias="artifact-media-type", default=None)


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    id: str = ""
    account: str = Field(pattern=r"^[0-9]{12}$")
    region: str = Field(pattern=r"^[a-z0-9-]+$")
    time: AwareDatetime
    detail: _Detail


def is_ecr_event(event: object) -> bool:
    """Tell whether a message is an EventBridge event of ECR, of any kind."""
    return isinstance(event, dict) and event.get("source") == "aws.ecr" and "detail-type" in event


def normalise_ecr(event: dict[str, Any]) -> AnalyzeRequest | ReferenceRemoved | None:
    """Return what an ECR event asks for; None for events that concern no image (scans, referrers, failures).

    Raises `InvalidMessage` when an image action lacks what every one has.
    """
    arrived = _ARRIVED.get(str(event.get("detail-type")))
    if arrived is None:
        return None
    try:
        parsed = _Event.model_validate(event)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidMessage(reason=f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    detail = parsed.detail
    succeeded = detail.result == detail.sync_status == _SUCCESS
    if not succeeded or _is_artifact(detail) or not (detail.tag or detail.digest):
        return None
    correlation = {"correlation_id": parsed.id} if parsed.id else {}
    reference = Reference(
        registry=host_of_ecr(parsed.account, parsed.region),
        repository=detail.repository,
        tag=detail.tag or "",
        digest=detail.digest,
    )
    if detail.action in arrived:
        return AnalyzeRequest(reference=reference.model_copy(update={"pushed_at": parsed.time}), **correlation)
    if detail.action == "DELETE" and "PUSH" in arrived:
        return ReferenceRemoved(reference=reference, removed_at=parsed.time, **correlation)
    return None


def _is_artifact(detail: _Detail) -> bool:
    manifest, artifact = detail.manifest_media_type, detail.artifact_media_type
    return bool(manifest and manifest not in _IMAGES) or bool(artifact and artifact not in _CONFIGS)
