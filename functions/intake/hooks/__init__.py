"""One module a registry kind: `verify(headers, body, secret)` and `parse(body, registry)`."""

from collections.abc import Mapping
from typing import Protocol

from cargohold.contracts import AnalyzeRequest, ReferenceRemoved
from intake.hooks import distribution


class Hook(Protocol):
    """What a module of this folder is."""

    def verify(self, headers: Mapping[str, str], body: bytes, secret: str | None) -> bool:
        """Tell whether the sender knows `secret`, in constant time. Nothing of `body` is parsed."""

    def parse(self, body: bytes, registry: str) -> list[AnalyzeRequest | ReferenceRemoved]:
        """Return what a verified notification means for the images of `registry` (a host); raises `InvalidMessage`."""


KINDS: dict[str, Hook] = {"distribution": distribution}
