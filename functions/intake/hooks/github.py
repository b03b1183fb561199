"""Webhooks of GitHub for packages in its container registry, ghcr.io.

Source: GitHub's manual, "Webhook events and payloads" (`package`, and its older twin `registry_package`), and
"Validating webhook deliveries": `X-Hub-Signature-256` is the HMAC-SHA256 of the body. Owners are written as
they like to be, images in lower case. A version without a tag is pushed by digest. Deletions are not told.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AwareDatetime, Field

from cargohold.errors import InvalidMessage
from cargohold.registry.document import Hook
from intake.hooks.comparison import header, is_signed
from intake.hooks.notices import Model, Notice, collapsed, load, pushed, readable

_PREFIX = "sha256="


class _Tag(Model):
    name: str | None = None
    digest: str | None = None


class _Container(Model):
    tag: _Tag | None = None


class _Version(Model):
    version: str
    container: Annotated[_Container | None, Field(alias="container_metadata")] = None
    updated_at: AwareDatetime | None = None
    created_at: AwareDatetime | None = None


class _Package(Model):
    name: str
    namespace: str
    package_type: str
    version: Annotated[_Version, Field(alias="package_version")]


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:
    """Tell whether the body is signed with the configured secret, in constant time."""
    sent = header(headers, "x-hub-signature-256")
    return is_signed(sent.removeprefix(_PREFIX), body, hook.secret_value, "sha256")


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the push of a published or updated container. Raises `InvalidMessage` when it is no event."""
    raw = load(body)
    if not isinstance(raw, dict):
        raise InvalidMessage(reason="the notification is no event.")
    package = raw.get("registry_package") or raw.get("package")
    if raw.get("action") not in ("published", "updated") or not isinstance(package, dict):
        return []
    if str(package.get("package_type", "")).upper() not in ("CONTAINER", "DOCKER"):
        return []
    found = readable(_Package, package)
    if found is None:
        return []
    version = found.version
    tag = version.container.tag if version.container else None
    # An image under several tags has the digest of the version; the tag's own is that of the last push.
    digest = (tag.digest if tag else None) or version.version
    name = f"{found.namespace}/{found.name}".lower()
    at = version.updated_at or version.created_at
    return collapsed([pushed(registry, name, tag=tag.name if tag else None, digest=digest, at=at)])
