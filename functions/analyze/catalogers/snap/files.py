"""What the files of a snap say: `[{name, version, architecture, debian, declared}]` and Syft's snap-entry fields.

Source: snapcraft's "Snap metadata" and "snapcraft.yaml reference", core snaps' `dpkg.yaml`, deb-changelog(5),
and Syft's `syft/pkg/cataloger/snap`. `debian` tells a Debian package from a snap.
"""

import re
from typing import Any

from analyze.catalogers.snap.yaml_subset import lists, scalars
from analyze.catalogers.text import PACKAGES, is_name

Said = tuple[list[dict[str, Any]], dict[str, str]]

_KERNEL = re.compile(r"linux[a-z0-9.-]{0,100} \(((\d+\.\d+\.\d+-\d+)\.[0-9A-Za-z.+~-]+)\)")
_OPERATOR = re.compile(r"[<>=!]=|[<>=]")


def snap(text: str) -> Said:
    """Read `meta/snap.yaml`: the snap itself."""
    said = scalars(text)
    metadata = {
        "snapType": said.get("type", "app"),
        "base": said.get("base", ""),
        "snapName": said.get("name", ""),
        "snapVersion": said.get("version", ""),
        "architecture": said.get("architecture", "") or next(iter(lists(text).get("architectures", ())), ""),
    }
    own = {"name": metadata["snapName"], "version": metadata["snapVersion"], "architecture": metadata["architecture"]}
    return [{**own, "debian": False}] if is_name(own["name"]) else [], _full(metadata)


def dpkg(text: str) -> Said:
    """Read `usr/share/snappy/dpkg.yaml` of a base snap: its packages, `name[:architecture]=version`."""
    return _staged(lists(text).get("packages", ()), ""), {"snapType": "base"}


def manifest(text: str) -> Said:
    """Read `snap/manifest.yaml`: what the snap was staged from, with versions."""
    said, listed = scalars(text), lists(text)
    name = said.get("name", "")
    metadata = {
        "snapType": "gadget" if "gadget" in name.lower() else "app",
        "base": said.get("base", ""),
        "snapName": name,
        "snapVersion": said.get("version", ""),
        "architecture": next(iter(listed.get("architectures", ())), ""),
    }
    return _staged(listed.get("primed-stage-packages", ()), metadata["architecture"]), _full(metadata)


def snapcraft(text: str) -> Said:
    """Read `snap/snapcraft.yaml`: what was to be staged. What the build alone needed is not in the snap."""
    said, listed = scalars(text), lists(text)
    architecture = next(iter(listed.get("architectures", ())), "")
    metadata = {
        "snapType": "snapd" if said.get("name") == "snapd" or said.get("type") == "snapd" else said.get("type", "app"),
        "base": said.get("base", ""),
        "snapName": said.get("name", ""),
        "snapVersion": said.get("version", ""),
        "architecture": architecture,
    }
    found: list[dict[str, Any]] = []
    for key, debian in (("stage-packages", True), ("stage-snaps", False)):
        for item in dict.fromkeys(listed.get(key, ())):
            name, _, version = (part.strip() for part in _OPERATOR.sub("=", item, count=1).partition("="))
            name = name.partition(":")[0] if debian else name.partition("/")[0]
            if is_name(name) and " " not in name and len(found) < PACKAGES:
                found.append(
                    {"name": name, "version": version, "architecture": architecture, "debian": debian, "declared": True}
                )
    return found, _full(metadata)


def changelog(text: str, release: str) -> Said:
    """Read the first line of `doc/linux-modules-RELEASE/changelog.Debian.gz` of a kernel snap: the kernel's version."""
    match = _KERNEL.match(text)
    if match is None or not release.startswith(match[2] + "-"):
        return [], {}
    kernel = {"name": f"linux-image-{release}", "version": match[1], "architecture": "", "debian": True}
    return [kernel], {"snapType": "kernel"}


def _staged(items: Any, architecture: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in items:
        name, equals, version = (part.strip() for part in item.partition("="))
        name, _, own = name.partition(":")
        if equals and is_name(name) and version and len(found) < PACKAGES:
            found.append({"name": name, "version": version, "architecture": own or architecture, "debian": True})
    return found


def _full(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if value}
