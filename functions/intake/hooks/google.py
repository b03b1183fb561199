"""Notifications of Google Artifact Registry, pushed by Pub/Sub.

Source: Google's manual, "Configuring Pub/Sub notifications" of Artifact Registry (topic `gcr`), and of
Pub/Sub "Push subscriptions" (the wrapped message) and "Authentication for push subscriptions" (a signed
token of a service account, `intake.hooks.google_tokens`). `digest` and `tag` are whole references.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated

from pydantic import AwareDatetime, Field

from cargohold.errors import CargoholdError
from cargohold.registry.document import Hook
from cargohold.registry.reference import parse_name
from intake.hooks.comparison import header
from intake.hooks.notices import Model, Notice, collapsed, load, pushed, readable, removed


class _Message(Model):
    data: str
    published: Annotated[AwareDatetime, Field(alias="publishTime")]


class _Envelope(Model):
    message: _Message


class _Change(Model):
    action: str
    digest: str | None = None
    tag: str | None = None


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:  # noqa: ARG001 -- the token says who, not what
    """Tell whether Google vouches for the configured service account in the bearer token, for our audience.

    Without a configured service account the token in the path is all there is.
    """
    if not hook.service_account:
        return True
    from intake.hooks import google_tokens  # an HTTP client, which no other kind needs

    scheme, _, token = header(headers, "authorization").partition(" ")
    return scheme.lower() == "bearer" and google_tokens.vouches(token.strip(), hook.service_account, hook.audience)


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the push or deletion of a message. Raises `InvalidMessage` when it is no JSON."""
    envelope = readable(_Envelope, load(body))
    if envelope is None:
        return []
    try:
        data = base64.b64decode(envelope.message.data, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    change = readable(_Change, load(data))
    if change is None or change.action not in ("INSERT", "DELETE"):
        return []
    # A deleted tag leaves its image: only a change without a tag is about the digest.
    tagged, exact = _split(change.tag), _split(change.digest)
    named = tagged or exact
    if named is None or named[0] != registry:
        return []  # one topic serves every registry of a project
    what = pushed if change.action == "INSERT" else removed
    tag = tagged[2] if tagged else None
    digest = exact[3] if exact and (change.action == "INSERT" or not tagged) else None
    return collapsed([what(registry, named[1], tag=tag, digest=digest, at=envelope.message.published)])


def _split(name: str | None) -> tuple[str, str, str, str | None] | None:
    """Return host, repository, tag and digest of a whole reference; None for what is none."""
    if not name:
        return None
    try:
        found = parse_name(name)
    except CargoholdError:
        return None
    return found.registry, found.repository, found.tag, found.digest
