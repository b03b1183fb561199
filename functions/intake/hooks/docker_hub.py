"""Webhooks of Docker Hub.

Source: Docker's manual, "Webhooks" (docs.docker.com/docker-hub/repos/manage/webhooks). They are sent for
pushes alone, name no digest, and are not signed: the token in the path is all there is to believe.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from cargohold.registry.document import Hook
from intake.hooks.notices import Model, Notice, collapsed, load, pushed, readable


class _Push(Model):
    pushed_at: Annotated[int, Field(ge=0, lt=1 << 33)]
    tag: str


class _Repository(Model):
    name: Annotated[str, Field(alias="repo_name")]


class _Notification(Model):
    push_data: _Push
    repository: _Repository


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:  # noqa: ARG001 -- there is nothing to verify
    """Docker Hub sends nothing to verify beyond the token, which was."""
    return True


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the push of a notification. Raises `InvalidMessage` when it is no JSON."""
    found = readable(_Notification, load(body))
    if found is None:
        return []
    name = found.repository.name if "/" in found.repository.name else f"library/{found.repository.name}"
    at = datetime.fromtimestamp(found.push_data.pushed_at, UTC)
    return collapsed([pushed(registry, name, tag=found.push_data.tag, digest=None, at=at)])
