"""RPM versions. Source: rpm, docs/manual/dependencies.md "Versioning"; rpmio/rpmvercmp.c for separators."""

import re

from cargohold.versions.encoding import number, text

_VERSION = re.compile(r"(?:([0-9]*):)?(.*?)(?:-([^-]*))?")
_SEGMENTS = re.compile(r"~|\^|[0-9]+|[A-Za-z]+")  # anything else separates
_TILDE, _END, _CARET, _LETTERS, _NUMBER = range(1, 6)


def key(version: str) -> bytes | None:
    """Return the key of `[epoch:]version[-release]`. One without a release stands before all of its releases."""
    match = _VERSION.fullmatch(version)
    if match is None or not match[2]:
        return None
    release = b"\0" if match[3] is None else b"\1" + _part(match[3])
    return number(match[1] or "") + _part(match[2]) + release


def _part(text_of_part: str) -> bytes:
    key = bytearray()
    for segment in _SEGMENTS.findall(text_of_part):
        if segment == "~":
            key.append(_TILDE)
        elif segment == "^":
            key.append(_CARET)
        elif segment[0] <= "9":
            key.append(_NUMBER)
            key += number(segment)
        else:
            key.append(_LETTERS)
            key += text(segment)
    key.append(_END)
    return bytes(key)
