"""Which licences a text is: by its hash when it is the text of one, else by phrases that only they have.

Linear in the size of the text: comparing with each known text, as classifiers by similarity do, is not.
"""

import hashlib
import re
from collections.abc import Iterator
from itertools import islice

from analyze.catalogers.license_text import creative_commons, families, gnu
from analyze.catalogers.license_text.hashes import HASHES
from analyze.catalogers.license_text.normal import words
from analyze.catalogers.license_text.phrases import PHRASES
from analyze.catalogers.license_text.rules import found, parsed
from analyze.catalogers.spdx import expression

DIGITS = 12  # of a SHA-256
_KNOWN = {
    digest: name
    for name, _, digests in (item.partition(":") for item in HASHES.split())
    for digest in digests.split(",")
}
_RULES = parsed(PHRASES)
_TAG = re.compile(rb"SPDX-License-Identifier:[ \t]*([^\r\n]{1,200})")
_MOST = 200  # tags of a file
_HELD = 4096  # texts whose licences are remembered: half of an image's have the same words as another
_remembered: dict[bytes, tuple[str, ...]] = {}
_INCLUDED = {
    "BUSL-1.1": {"GPL-2.0-only", "GPL-2.0-or-later"},
    "EUPL-1.1": {"GPL-2.0-only", "EPL-1.0"},
    "EUPL-1.2": {"GPL-2.0-only", "AGPL-3.0-only", "LGPL-2.1-only"},
    "Sleepycat": {"BSD-3-Clause"},
    "Unicode-3.0": {"Unicode-DFS-2016"},
    "Vim": {"GPL-2.0-or-later"},
    "libtiff": {"HPND-sell-variant"},
    "Python-2.0": {"HPND"},
    "FSL-1.1-ALv2": {"Apache-2.0"},
    "FSL-1.1-MIT": {"MIT"},
}
"""Terms that are part of another licence, and none beside it."""


def licenses(data: bytes) -> list[str]:
    """Return the SPDX expressions of the licences whose texts, notices or tags are in a text."""
    if tags := _tags(data):
        return tags
    said = words(data)
    text = b" ".join(said)
    key = hashlib.sha256(text).digest()
    names = _remembered.get(key)
    if names is None:
        names = tuple(_named(text, said))
        if len(_remembered) >= _HELD:
            _remembered.clear()
        _remembered[key] = names
    return list(names)


def _named(text: bytes, said: list[bytes]) -> Iterator[str]:
    known = _KNOWN.get(digest(text))
    if known is not None:
        yield known
        return
    names = [
        *gnu.licenses(text),
        *found(_RULES, text, frozenset(said)),
        *families.licenses(text),
        *creative_commons.licenses(text),
    ]
    parts = {part for name in names for part in _INCLUDED.get(name, ())}
    if {"OpenSSL-standalone", "SSLeay-standalone"} <= set(names):
        names.append("OpenSSL")
        parts |= {"OpenSSL-standalone", "SSLeay-standalone"}
    yield from (name for name in dict.fromkeys(names) if name not in parts)


def _tags(data: bytes) -> list[str]:
    """Return what SPDX tags say (specification 2.3, annex E)."""
    if b"SPDX-License-Identifier:" not in data:
        return []
    values = (tag.decode("ascii", "replace").strip(" \t*/#->") for tag in islice(_TAG.findall(data), _MOST))
    return list(dict.fromkeys(found for value in values if (found := expression(value))))


def digest(text: bytes) -> str:
    """Return the beginning of the SHA-256 of normal text, as `hashes` has it."""
    return hashlib.sha256(text).hexdigest()[:DIGITS]
