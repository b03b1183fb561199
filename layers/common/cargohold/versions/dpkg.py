"""Debian versions. Source: deb-version(7), Debian Policy 5.6.12."""

import re

from cargohold.versions.encoding import number

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_END = 2  # after "~" and before everything else
_MAX_EPOCH = 2**31 - 1


def key(version: str) -> bytes | None:
    """Return the key of `[epoch:]upstream[-revision]`; None when a part is empty or the epoch no number."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, "0"
    if not epoch.isdigit() or int(epoch) > _MAX_EPOCH or not upstream or not revision or " " in rest:
        return None
    return number(epoch) + _part(upstream) + _part(revision)


def _part(text: str) -> bytes:
    # Text and number in turn. What is missing at the end is an empty text and a 0, so those are not written.
    pairs = _PARTS.findall(text)
    while pairs and not pairs[-1][0] and not pairs[-1][1].strip("0"):
        pairs.pop()
    key = bytearray()
    for characters, digits in pairs or [("", "")]:
        key += bytes(map(_weight, characters))
        key.append(_END)
        key += number(digits)
    key.append(_END)
    return bytes(key)


def _weight(character: str) -> int:
    # Letters before all that is no letter.
    return 1 if character == "~" else ord(character) if character.isalpha() else 0x80 + ord(character)
