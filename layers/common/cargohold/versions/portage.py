"""Gentoo's versions. Source: Package Manager Specification 8, section 3.3 "Version comparison"."""

import re

from cargohold.versions.encoding import number, text

_VERSION = re.compile(r"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)[0-9]*)*)(?:-r([0-9]+))?")
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_END, _ZEROS, _NUMBER = range(3)
_SUFFIXES = {"alpha": 1, "beta": 2, "pre": 3, "rc": 4, "p": 6}
_NO_SUFFIX = 5


def key(version: str) -> bytes | None:
    """Return the key of `number{.number}{letter}{_suffix{number}}{-rnumber}`, None for other text."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    first, numbers, letter, suffixes, revision = match.groups()
    key = bytearray(number(first))
    for part in numbers.split(".")[1:]:
        if part[0] == "0":  # as text, without the zeros at its end
            key.append(_ZEROS)
            key += text(part.rstrip("0"))
        else:
            key.append(_NUMBER)
            key += number(part)
    key.append(_END)
    key.append(ord(letter) if letter else 0)
    for suffix, digits in _SUFFIX.findall(suffixes):
        key.append(_SUFFIXES[suffix])
        key += number(digits)
    key.append(_NO_SUFFIX)
    return bytes(key) + number(revision or "")
