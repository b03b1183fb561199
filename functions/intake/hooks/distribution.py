"""Notifications of CNCF distribution.

Source: distribution's docs/spec/notifications.md (envelope `application/vnd.docker.distribution.events.v1+json`)
and `notifications/event.go`. Events of one envelope are unrelated to each other. A deletion has no
media type: one event with the digest, and one with the tag alone.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from cargohold.errors import InvalidMessage
from cargohold.registry.document import Hook
from intake.hooks.comparison import is_authorized
from intake.hooks.notices import Model, Notice, collapsed, load, pushed, readable, removed

# Blobs are pushed as octet streams; everything that can be an image, or an index of images, is here.
_MANIFEST_TYPES = frozenset(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)


class Target(Model):
    """What an event is about. A push without a tag has none, or an empty one."""

    media_type: Annotated[str, Field(alias="mediaType")] = ""
    repository: str
    digest: str | None = None
    tag: str | None = None


class Event(Model):
    """One event of an envelope."""

    action: str
    timestamp: AwareDatetime
    target: Target


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:  # noqa: ARG001 -- other kinds sign the body
    """Tell whether the `Authorization` header, a static one, is the configured one, in constant time."""
    return is_authorized(headers, hook.secret_value)


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the pushes and deletions of an envelope, in order, one for each repository, digest and tag.

    `registry` is the configured host: the one in the events is how the registry was reached. A push by
    digest alone is left out when the same digest was pushed by tag. An event that cannot be read is
    logged and does not spoil the rest. Raises `InvalidMessage` when the envelope is none.
    """
    envelope = load(body)
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(events, list):
        raise InvalidMessage(reason="the notification has no list of events.")
    return collapsed(notice(event, registry) for event in events)


def notice(raw: Any, registry: str) -> Notice | None:
    """Return what one event means, if anything."""
    action = raw.get("action") if isinstance(raw, dict) else None
    if action not in ("push", "delete"):
        return None
    event = readable(Event, raw)
    if event is None:
        return None
    target = event.target
    if action == "delete":
        return removed(registry, target.repository, tag=target.tag, digest=target.digest, at=event.timestamp)
    if target.media_type not in _MANIFEST_TYPES or not target.digest:
        return None
    return pushed(registry, target.repository, tag=target.tag, digest=target.digest, at=event.timestamp)
