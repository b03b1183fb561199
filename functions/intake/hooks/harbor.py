"""Webhooks of Harbor, in its own format and as CloudEvents.

Source: Harbor's manual, "Configure Webhook Notifications" (payload formats Default and CloudEvents), and
`src/pkg/notifier/model`. Both hold the same data, under `event_data` or `data`; a resource without a tag
has its digest in the place of one. The "auth header" of a policy is the whole value of `Authorization`.
Deleting a tag and leaving the artifact sends nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from cargohold.errors import InvalidMessage
from cargohold.registry.document import Hook
from intake.hooks.comparison import is_authorized
from intake.hooks.notices import Model, Notice, collapsed, load, pushed, readable, removed

_PUSHED = frozenset(("PUSH_ARTIFACT", "harbor.artifact.pushed"))
_DELETED = frozenset(("DELETE_ARTIFACT", "harbor.artifact.deleted"))


class _Resource(Model):
    digest: str | None = None
    tag: str | None = None


class _Repository(Model):
    full_name: Annotated[str, Field(alias="repo_full_name")]


class _Data(Model):
    resources: list[_Resource]
    repository: _Repository


class _Default(Model):
    occur_at: Annotated[int, Field(ge=0, lt=1 << 33)]
    event_data: _Data


class _CloudEvent(Model):
    time: AwareDatetime
    data: _Data


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:  # noqa: ARG001 -- other kinds sign the body
    """Tell whether the `Authorization` header is the policy's "auth header", in constant time."""
    return is_authorized(headers, hook.secret_value)


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the pushes or deletions of an event. Raises `InvalidMessage` for what is no event of Harbor."""
    raw = load(body)
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(kind, str):
        raise InvalidMessage(reason="the notification has no type.")
    if kind not in _PUSHED | _DELETED:
        return []
    if kind.startswith("harbor."):
        cloud = readable(_CloudEvent, raw)
        found = (cloud.data, cloud.time) if cloud else None
    else:
        default = readable(_Default, raw)
        found = (default.event_data, datetime.fromtimestamp(default.occur_at, UTC)) if default else None
    if found is None:
        return []
    data, at = found
    what = pushed if kind in _PUSHED else removed
    return collapsed(
        what(registry, data.repository.full_name, tag=resource.tag, digest=resource.digest, at=at)
        for resource in data.resources
    )
