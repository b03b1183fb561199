"""Webhooks of Sonatype Nexus Repository: the capability "Webhook: Repository" with the event type "component".

Source: Sonatype's manual, "Example Headers And Payloads" and "Working With HMAC Payloads":
`X-Nexus-Webhook-Signature` is the HMAC-SHA1 of the body. A component of a Docker repository is a name with
a version, which is the tag; there is no digest. An asset (a blob or a manifest) says nothing about tags.
"""

from collections.abc import Mapping

from pydantic import AwareDatetime

from cargohold.errors import InvalidMessage
from cargohold.registry.document import Hook
from intake.hooks.comparison import header, is_signed
from intake.hooks.notices import Model, Notice, collapsed, load, pushed, readable, removed


class _Component(Model):
    name: str
    version: str


class _Event(Model):
    timestamp: AwareDatetime
    component: _Component


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:
    """Tell whether the body is signed with the configured secret, in constant time."""
    return is_signed(header(headers, "x-nexus-webhook-signature"), body, hook.secret_value, "sha1")


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the push or deletion of a tag. Raises `InvalidMessage` when it is no event."""
    raw = load(body)
    if not isinstance(raw, dict):
        raise InvalidMessage(reason="the notification is no event.")
    component = raw.get("component")
    if not isinstance(component, dict) or component.get("format") != "docker":
        return []
    action = raw.get("action")
    if action not in ("CREATED", "UPDATED", "DELETED"):
        return []
    event = readable(_Event, raw)
    if event is None:
        return []
    what = removed if action == "DELETED" else pushed
    name, tag = event.component.name, event.component.version
    return collapsed([what(registry, name, tag=tag, digest=None, at=event.timestamp)])
