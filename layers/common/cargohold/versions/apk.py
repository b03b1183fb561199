"""Alpine's versions. Source: apk-tools 3, doc/apk-package.5.scd "Package metadata" and src/version.c.

What may follow at one place, the older first: a suffix of a pre-release, the end, a revision, a commit, the
number of a suffix, any other suffix, a letter, one more number. A number with a leading zero, unless it is
the first, is compared as text, with any other number: so it is less than all that have none.
"""

import re

from cargohold.versions.encoding import number, text

_VERSION = re.compile(
    r"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)(?:~([0-9a-fA-F]+))?(?:-r([0-9]+))?"
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_BEFORE = {"alpha": 1, "beta": 2, "pre": 3, "rc": 4}
_END, _REVISION, _COMMIT, _SUFFIX_NUMBER = 5, 6, 7, 8
_AFTER = {"cvs": 9, "svn": 10, "git": 11, "hg": 12, "p": 13}
_LETTER, _ZEROS, _NUMBER = 14, 15, 16


def key(version: str) -> bytes | None:
    """Return the key of `number{.number}{letter}{_suffix{number}}{~commit}{-rnumber}`, None for other text."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    first, numbers, letter, suffixes, commit, revision = match.groups()
    key = bytearray(number(first))
    for part in numbers.split(".")[1:]:
        if part[0] == "0":
            key.append(_ZEROS)
            key += text(part)
        else:
            key.append(_NUMBER)
            key += number(part)
    if letter:
        key += bytes((_LETTER, ord(letter)))
    for suffix, digits in _SUFFIX.findall(suffixes):
        key.append(_BEFORE.get(suffix) or _AFTER[suffix])
        if digits:
            key.append(_SUFFIX_NUMBER)
            key += number(digits)
    if commit is not None:
        key.append(_COMMIT)
        key += text(commit)
    if revision is not None:
        key.append(_REVISION)
        key += number(revision)
    key.append(_END)
    return bytes(key)
