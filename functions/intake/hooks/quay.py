"""Notifications of Quay, quay.io and Red Hat Quay: "Push to Repository" as a webhook.

Source: Quay's manual, "Repository Notifications" (repo_push). They name the repository and every tag that
was written, no digest and no time, and are not signed: the token in the path is all there is to believe.
Older releases send `updated_tags` as a map from tag to image. Deletions are not told.
"""

from collections.abc import Mapping

from cargohold.registry.document import Hook
from intake.hooks.notices import Model, Notice, collapsed, load, pushed, readable


class _Notification(Model):
    repository: str
    updated_tags: list[str] | dict[str, object]


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:  # noqa: ARG001 -- there is nothing to verify
    """Quay sends nothing to verify beyond the token, which was."""
    return True


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return a push for every tag. Raises `InvalidMessage` when it is no JSON; other events mean nothing here."""
    raw = load(body)
    if isinstance(raw, dict) and "updated_tags" not in raw:
        return []
    found = readable(_Notification, raw)
    if found is None:
        return []
    return collapsed(pushed(registry, found.repository, tag=tag, digest=None, at=None) for tag in found.updated_tags)
