"""Which distribution an image is.

Files in the order of Syft's `linux/identify_release.go`, with those that only other tools read before
the last resort, BusyBox. Fields of os-release: os-release(5).
"""

import re
from collections.abc import Callable

from analyze.catalogers.contract import FileFacts
from cargohold.model import Distro
from cargohold.paths import to_text

Lookup = Callable[[bytes], FileFacts | None]  # the facts of the cataloger `distro` at a path, through links
Fields = dict[str, str]

CATALOGER = "distro"

_OS_RELEASE = (b"etc/os-release", b"usr/lib/os-release")
_DEBIAN_VERSION = b"etc/debian_version"
_POINT_RELEASE = re.compile(r"\d+(\.\d+)?")
_RED_HAT = {
    "red hat enterprise linux": "rhel",
    "centos": "centos",
    "fedora": "fedora",
    "rocky": "rocky",
    "almalinux": "almalinux",
    "oracle": "ol",
    "amazon linux": "amzn",
    "scientific": "scientific",
    "cbl-mariner": "mariner",
}
_CPE_VENDORS = {"centos": "centos", "fedoraproject": "fedora", "redhat": "rhel", "oracle": "ol", "amazon": "amzn"}


def choose(lookup: Lookup) -> Distro | None:
    """Return the distribution, None when no file names one."""
    for path, read in _SOURCES:
        found = lookup(path)
        if found is None:
            continue
        fields = {key: value for key, value in found.facts.detail.get("fields", {}).items() if isinstance(value, str)}
        distro = read(fields, "/" + to_text(found.path), lookup)
        if distro is not None:
            return distro
    return None


def _os_release(fields: Fields, path: str, lookup: Lookup) -> Distro | None:
    if not any(fields.get(key) for key in ("ID", "NAME", "PRETTY_NAME", "VERSION_ID")):
        return None
    version_id = fields.get("VERSION_ID", "")
    if fields.get("ID") == "debian":
        # os-release says 12, debian_version says 12.5; of testing it says "trixie/sid", which is no version.
        found = lookup(_DEBIAN_VERSION)
        point = found.facts.detail.get("fields", {}).get("version", "") if found else ""
        version_id = point if _POINT_RELEASE.fullmatch(point) else version_id
    return Distro(
        id=fields.get("ID", ""),
        version_id=version_id,
        id_like=tuple(sorted(fields.get("ID_LIKE", "").split())),
        name=fields.get("NAME", ""),
        version=fields.get("VERSION", ""),
        version_codename=fields.get("VERSION_CODENAME", ""),
        build_id=fields.get("BUILD_ID", ""),
        pretty_name=fields.get("PRETTY_NAME", ""),
        variant_id=fields.get("VARIANT_ID", ""),
        path=path,
    )


def _release_cpe(fields: Fields, path: str, _: Lookup) -> Distro | None:
    vendor = fields.get("vendor", "")
    if not vendor:
        return None
    identifier = _CPE_VENDORS.get(vendor, vendor)
    version = fields.get("version", "")
    return Distro(id=identifier, version_id=version, name=fields.get("product", ""), version=version, path=path)


def _release(fields: Fields, path: str, _: Lookup) -> Distro | None:
    name = fields.get("name", "")
    if not name:
        return None
    lower = name.lower()
    known = next((identifier for start, identifier in _RED_HAT.items() if lower.startswith(start)), "")
    return Distro(
        id=known or lower.split()[0],
        version_id=fields.get("version", ""),
        name=name,
        version=fields.get("version", ""),
        version_codename=fields.get("codename", ""),
        pretty_name=fields.get("text", ""),
        path=path,
    )


def _lsb(fields: Fields, path: str, _: Lookup) -> Distro | None:
    identifier = fields.get("DISTRIB_ID", "")
    if not identifier:
        return None
    version = fields.get("DISTRIB_RELEASE", "")
    return Distro(
        id=identifier.lower(),
        version_id=version,
        name=identifier,
        version=version,
        version_codename=fields.get("DISTRIB_CODENAME", ""),
        pretty_name=fields.get("DISTRIB_DESCRIPTION", ""),
        path=path,
    )


def _named(identifier: str, name: str) -> Callable[[Fields, str, Lookup], Distro | None]:
    def read(fields: Fields, path: str, _: Lookup) -> Distro | None:
        version = fields.get("version", "")
        if not version:
            return None
        return Distro(id=identifier, version_id=version, name=name, version=version, path=path)

    return read


_SOURCES: tuple[tuple[bytes, Callable[[Fields, str, Lookup], Distro | None]], ...] = (
    *((path, _os_release) for path in _OS_RELEASE),
    (b"etc/system-release-cpe", _release_cpe),
    (b"etc/redhat-release", _release),
    (b"etc/centos-release", _release),
    (b"etc/system-release", _release),
    (b"etc/lsb-release", _lsb),
    (b"etc/alpine-release", _named("alpine", "Alpine Linux")),
    (_DEBIAN_VERSION, _named("debian", "Debian GNU/Linux")),
    (b"bin/busybox", _named("busybox", "BusyBox")),
)
