"""Composer's versions. Source: composer/semver, src/VersionParser.php `normalize`, and PHP's version_compare.

Branches (`dev-main`) have no order, nor have versions that are dates.
"""

import re

from cargohold.versions.encoding import number

_VERSION = re.compile(
    r"v?([0-9]{1,5})(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*))?([.-]?dev)?(?:\+[^\s]+)?",
    re.IGNORECASE,
)
_DEV, _ALPHA, _BETA, _CANDIDATE, _END, _PATCH, _NUMBER = range(7)
_STABILITIES = {"alpha": _ALPHA, "a": _ALPHA, "beta": _BETA, "b": _BETA, "rc": _CANDIDATE}
_NUMBERS = re.compile(r"[0-9]+")


def key(version: str) -> bytes | None:
    """Return the key of a release or of what leads to one; None for branches, dates and what is no version."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    key = bytearray().join(number(part or "") for part in match.groups()[:4])
    stability = (match[5] or "stable").lower()
    if match[5] and stability == "stable":  # whatever follows it
        key.append(_END)
        return bytes(key)
    if stability != "stable":
        key.append(_STABILITIES.get(stability, _PATCH))
        for digits in _NUMBERS.findall(match[6]):
            key.append(_NUMBER)
            key += number(digits)
    if match[7]:
        key.append(_DEV)
    key.append(_END)
    return bytes(key)
