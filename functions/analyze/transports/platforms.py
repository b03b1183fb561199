"""Platforms as people write them, and which image suits one.

Normal forms are containerd's (platforms, database.go): `aarch64` is arm64, arm64's variant v8 and
amd64's v1 go without saying, arm without a variant is v7.
"""

from collections.abc import Iterable

from analyze.transports.manifests import Descriptor
from cargohold.errors import InvalidConfiguration
from cargohold.model import Platform

_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "i386": "386",
    "i486": "386",
    "i586": "386",
    "i686": "386",
    "aarch64": "arm64",
}
_UNSAID = {("arm64", "v8"), ("amd64", "v1")}


def normalized(platform: Platform) -> Platform:
    """Return the one way of writing `platform`."""
    os, architecture, variant = (
        part.strip().lower() for part in (platform.os, platform.architecture, platform.variant)
    )
    os = "darwin" if os == "macos" else os
    architecture = _ARCHITECTURES.get(architecture, architecture)
    if architecture == "armhf":
        architecture, variant = "arm", variant or "v7"
    elif architecture == "armel":
        architecture, variant = "arm", variant or "v6"
    if variant.isdigit():
        variant = f"v{variant}"
    if architecture == "arm" and not variant:
        variant = "v7"
    if (architecture, variant) in _UNSAID:
        variant = ""
    return Platform(os, architecture, variant)


def suits(platform: Platform, wanted: Iterable[Platform]) -> bool:
    """Tell whether an image of `platform` is among `wanted`. An image that does not say suits every wish.

    `linux/arm64` and `linux/amd64` mean every variant of them, as newer variants run where asked for.
    """
    mine = normalized(platform)
    if not mine.os and not mine.architecture:
        return True
    for wish in map(normalized, wanted):
        same = (mine.os, mine.architecture) == (wish.os, wish.architecture)
        if same and (mine.variant == wish.variant or (not wish.variant and mine.architecture != "arm")):
            return True
    return False


def of_descriptor(descriptor: Descriptor) -> Platform | None:
    """Return the platform that an index states for a child, or None when it states none."""
    stated = descriptor.platform
    if stated is None or not (stated.os or stated.architecture):
        return None
    return normalized(Platform(stated.os, stated.architecture, stated.variant))


def parse_platforms(texts: str | Iterable[str]) -> tuple[Platform, ...]:
    """Return the platforms of `os/architecture[/variant]` texts, or of one text with commas between.

    Raises `InvalidConfiguration`.
    """
    listed = texts.split(",") if isinstance(texts, str) else texts
    return tuple(_parse(text.strip()) for text in listed if text.strip())


def _parse(text: str) -> Platform:
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise InvalidConfiguration(
            setting="PLATFORMS", reason=f"'{text}' is not os/architecture or os/architecture/variant"
        )
    return normalized(Platform(*parts))
