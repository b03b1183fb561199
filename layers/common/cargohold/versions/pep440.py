"""Python's versions. Source: PEP 440, now the "Version specifiers" of the Python packaging specifications."""

import re

from cargohold.versions.encoding import number, text

_VERSION = re.compile(
    r"\s*v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]*))?"
    r"(?P<post>-(?P<implicit>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*",
    re.IGNORECASE,
)
_DEV_ALONE, _ALPHA, _BETA, _CANDIDATE, _RELEASE = range(1, 6)
_PHASES = {"alpha": _ALPHA, "a": _ALPHA, "beta": _BETA, "b": _BETA}
_SEPARATORS = re.compile(r"[-_.]")
_END, _TEXT, _NUMBER = range(3)


def key(version: str) -> bytes | None:
    """Return the key of a version that PEP 440 allows, None for any other."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    key = bytearray(number(match["epoch"] or ""))
    release = match["release"].split(".")
    while release and not release[-1].strip("0"):
        release.pop()
    for part in release:
        key.append(_NUMBER)
        key += number(part)
    key.append(_END)
    if match["pre"]:
        key.append(_PHASES.get(match["pre"].lower(), _CANDIDATE))
        key += number(match["pre_number"])
    else:
        key.append(_DEV_ALONE if match["dev"] and not match["post"] else _RELEASE)
    key += b"\1" + number(match["implicit"] or match["post_number"] or "") if match["post"] else b"\0"
    key += b"\0" + number(match["dev_number"]) if match["dev"] else b"\1"
    return bytes(key) + _local(match["local"])


def _local(segments: str | None) -> bytes:
    key = bytearray()
    for segment in _SEPARATORS.split(segments.lower()) if segments else ():
        if segment.isdigit():
            key.append(_NUMBER)
            key += number(segment)
        else:
            key.append(_TEXT)
            key += text(segment)
    key.append(_END)
    return bytes(key)
