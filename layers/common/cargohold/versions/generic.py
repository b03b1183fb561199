"""Versions whose upstream follows nobody's rules. Source: libversion, doc/ALGORITHM.md (Repology).

Numbers and words in turn. Words that are not known come before a release, like `alpha`, and only their first
letter counts; a single letter at the end of a number comes after it (`1.1.1w`). Beyond libversion, so do the two
letters that OpenSSL went on with after `z` (`0.9.8zh`).
"""

import re

from cargohold.versions.encoding import descending, number, text

_COMPONENTS = re.compile(r"[0-9]+|[a-z]+")
_SUFFIX = re.compile(r"(?<=[0-9])z?[a-z](?![a-z0-9])")
_AFTER = re.compile(r"post.*|patch.*|pl|errata")
_WORD, _ZEROS_WORD, _END, _ZEROS, _POST, _NUMBER, _LETTER = range(7)


def key(version: str) -> bytes | None:
    """Return the key of any text with a digit in it. Zeros at the end change nothing."""
    if not any(map(str.isdigit, version)):
        return None
    version = version.lower()
    key, zeros = bytearray(), 0
    for match in _COMPONENTS.finditer(version):
        component = match[0]
        if component.isdigit() and not component.strip("0"):
            zeros += 1
            continue
        rank, value = _ranked(component, version, match.start())
        if zeros:  # what follows zeros says whether they are more or less than the end
            key += bytes((_ZEROS_WORD, zeros)) if rank == _WORD else bytes((_ZEROS,)) + descending(zeros)
            zeros = 0
        key.append(rank)
        key += value
    key.append(_END)
    return bytes(key)


def _ranked(component: str, version: str, start: int) -> tuple[int, bytes]:
    if component.isdigit():
        return _NUMBER, number(component)
    if _SUFFIX.match(version, start):
        return _LETTER, text(component)
    return (_POST if _AFTER.fullmatch(component) else _WORD), component[:1].encode("ascii")
