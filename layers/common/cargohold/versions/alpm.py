"""Arch Linux's versions. Source: alpm-pkgver(7), vercmp(8), and libalpm's version.c for separators.

libalpm has no order for versions with two separators in a row or one at an end (`1..a` is more than `1.1`,
that more than `1.`, and that more than `1..a`): they get no key.
"""

import re

from cargohold.versions.encoding import number, text

_VERSION = re.compile(r"(?:([0-9]*):)?([^-:]+(?:-[^-:]+)*?)(?:-([^-:]+))?")
_PART = re.compile(r"[0-9A-Za-z]+(?:[^0-9A-Za-z][0-9A-Za-z]+)*")
_SEGMENTS = re.compile(r"([^0-9A-Za-z]?)([0-9]+|[A-Za-z]+)")
_LETTERS, _END, _NUMBER, _SEPARATED_LETTERS, _SEPARATED_NUMBER = range(1, 6)


def key(version: str) -> bytes | None:
    """Return the key of `[epoch:]version[-release]`. One without a release stands before all of its releases."""
    match = _VERSION.fullmatch(version)
    if match is None or not _PART.fullmatch(match[2]) or (match[3] is not None and not _PART.fullmatch(match[3])):
        return None
    release = b"\0" if match[3] is None else b"\1" + _part(match[3])
    return number(match[1] or "") + _part(match[2]) + release


def _part(text_of_part: str) -> bytes:
    key = bytearray()
    for separator, segment in _SEGMENTS.findall(text_of_part):
        if segment[0] <= "9":
            key.append(_SEPARATED_NUMBER if separator else _NUMBER)
            key += number(segment)
        else:
            key.append(_SEPARATED_LETTERS if separator else _LETTERS)
            key += text(segment)
    key.append(_END)
    return bytes(key)
