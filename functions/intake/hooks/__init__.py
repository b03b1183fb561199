"""One module a registry kind: `verify(headers, body, hook)` and `parse(body, registry)`."""

from collections.abc import Callable, Mapping
from typing import Protocol

from cargohold.registry.document import Hook
from intake.hooks import acr, distribution, docker_hub, github, gitlab, google, harbor, nexus, quay
from intake.hooks.notices import Notice


class Kind(Protocol):
    """What a module of this folder is."""

    def verify(self, headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:
        """Tell whether the sender is whom `hook` describes, in constant time. Nothing of `body` is parsed."""

    def parse(self, body: bytes, registry: str) -> list[Notice]:
        """Return what a verified notification means for the images of `registry` (a host); raises `InvalidMessage`."""


KINDS: dict[str, Kind] = {
    "distribution": distribution,
    "gitlab": gitlab,
    "harbor": harbor,
    "docker_hub": docker_hub,
    "quay": quay,
    "github": github,
    "acr": acr,
    "google": google,
    "nexus": nexus,
}

# Questions that a sender asks before it sends, and the answers to them.
HANDSHAKES: dict[str, Callable[[Mapping[str, str], bytes], dict[str, str] | None]] = {"acr": acr.handshake}

# What OPTIONS asks before the first notification: the headers that permit the sender to send.
PERMISSIONS: dict[str, Callable[[Mapping[str, str]], dict[str, str] | None]] = {"acr": acr.permission}
