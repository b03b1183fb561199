"""Notifications of CNCF distribution and of what embeds it, as GitLab's own registry.

Source: distribution's docs/spec/notifications.md (envelope `application/vnd.docker.distribution.events.v1+json`)
and `notifications/event.go`. Events of one envelope are unrelated to each other. A deletion has no
media type: one event with the digest, and one with the tag alone.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cargohold.contracts import AnalyzeRequest, Digest, Reference, ReferenceRemoved
from cargohold.errors import InvalidMessage
from cargohold.registry.reference import is_repository, is_tag
from cargohold.telemetry import logger
from intake.hooks.comparison import same

# Blobs are pushed as octet streams; everything that can be an image, or an index of images, is here.
_MANIFEST_TYPES = frozenset(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)

Notice = AnalyzeRequest | ReferenceRemoved


def _absent(value: Any) -> Any:
    return value or None


class _Target(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    media_type: Annotated[str, Field(alias="mediaType")] = ""
    repository: str
    digest: Annotated[Digest | None, BeforeValidator(_absent)] = None
    tag: str = ""


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    action: str
    timestamp: AwareDatetime
    target: _Target


def verify(headers: Mapping[str, str], body: bytes, secret: str | None) -> bool:  # noqa: ARG001 -- other kinds sign the body
    """Tell whether the `Authorization` header is the configured one, in constant time.

    The registry sends a static header. Without a `secret` the token in the path is all there is.
    """
    if secret is None:
        return True
    sent = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    return same(sent, secret)


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the pushes and deletions of an envelope, in order, one for each repository, digest and tag.

    `registry` is the configured host: the one in the events is how the registry was reached. A push by
    digest alone is left out when the same digest was pushed by tag. An event that cannot be read is
    logged and does not spoil the rest. Raises `InvalidMessage` when the envelope is none.
    """
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidMessage(reason="the notification is not JSON.") from None
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(events, list):
        raise InvalidMessage(reason="the notification has no list of events.")
    notices = [notice for event in events if (notice := _notice(event, registry)) is not None]
    return _collapsed(notices)


def _notice(raw: Any, registry: str) -> Notice | None:
    action = raw.get("action") if isinstance(raw, dict) else None
    if action in ("pull", "mount"):
        return None
    try:
        event = _Event.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        logger.warning("an event of a notification cannot be read", extra={"field": where, "reason": first["msg"]})
        return None
    target = event.target
    if not is_repository(target.repository) or not (target.tag == "" or is_tag(target.tag)):
        logger.warning("an event of a notification names no repository")
        return None
    reference = Reference(
        registry=registry, repository=target.repository, tag=target.tag, digest=target.digest, pushed_at=event.timestamp
    )
    if event.action == "push" and target.digest and target.media_type in _MANIFEST_TYPES:
        return AnalyzeRequest(reference=reference, reason="push")
    if event.action == "delete" and (target.digest or target.tag):
        gone = reference.model_copy(update={"pushed_at": None})
        return ReferenceRemoved(reference=gone, removed_at=event.timestamp)
    return None


def _collapsed(notices: list[Notice]) -> list[Notice]:
    """Keep the last of each repository, digest and tag, where it stood."""
    last: dict[tuple[str, str, str | None, str], Notice] = {}
    for notice in notices:
        reference = notice.reference
        key = (notice.kind, reference.repository, reference.digest, reference.tag)
        last.pop(key, None)
        last[key] = notice
    tagged = {(kind, repository, digest) for kind, repository, digest, tag in last if tag}
    return [
        notice
        for (kind, repository, digest, tag), notice in last.items()
        if tag or kind != "AnalyzeRequest" or (kind, repository, digest) not in tagged
    ]
