"""Semantic versions, as npm reads them leniently, and NuGet's.

Sources: Semantic Versioning 2.0.0, section 11; node-semver, `loose`; NuGet, "Package versioning".
"""

import re

from cargohold.versions.encoding import number, text

_VERSION = re.compile(
    r"[v=\s]*([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+))?)?"
    r"(?:-?((?:[0-9]+|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:[0-9]+|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+[0-9A-Za-z.-]*)?\s*"
)
_NUGET = re.compile(
    r"([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+))?)?)?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?"
)
_END, _NUMBER, _TEXT, _RELEASE = range(4)


def key(version: str) -> bytes | None:
    """Return the key of `major[.minor[.patch]][-prerelease][+build]`: a build changes nothing."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    return b"".join(number(part or "") for part in match.groups()[:3]) + _prerelease(match[4])


def nuget_key(version: str) -> bytes | None:
    """Return the key of a NuGet version: up to four numbers, and case is of no matter."""
    match = _NUGET.fullmatch(version)
    if match is None:
        return None
    return b"".join(number(part or "") for part in match.groups()[:4]) + _prerelease(match[5] and match[5].lower())


def _prerelease(identifiers: str | None) -> bytes:
    if not identifiers:
        return bytes((_RELEASE,))
    key = bytearray()
    for identifier in identifiers.split("."):
        if identifier.isdigit():
            key.append(_NUMBER)
            key += number(identifier)
        else:
            key.append(_TEXT)
            key += text(identifier)
    key.append(_END)
    return bytes(key)
