"""Core metadata of Python distributions (METADATA, PKG-INFO).

Source: the core metadata specifications of PyPUG (versions 1.0 to 2.4) and PEP 639 for License-Expression.
"""

from typing import Any

from analyze.catalogers.text import FIELD, clean

_MULTIPLE = {"requires-dist": "requiresDist", "provides-extra": "providesExtra"}
_SINGLE = {
    "name": "name",
    "version": "version",
    "author": "author",
    "author-email": "authorEmail",
    "maintainer": "maintainer",
    "maintainer-email": "maintainerEmail",
    "platform": "platform",
    "requires-python": "requiresPython",
    "license-expression": "licenseExpression",
    "license": "license",
    "home-page": "homepage",
    "summary": "summary",
}
_MOST = 2000  # of a field that may occur several times


def headers(text: str) -> dict[str, Any]:
    """Return the headers that make a package, under Syft's names; `classifiers` are those of licences.

    The body (the description) begins at the first empty line. Of a field that may occur once, the first counts.
    """
    found: dict[str, Any] = {}
    parts: list[str] = []
    size = 0
    for line in text.split("\n"):
        if not line:
            break
        if line[0] in " \t":
            size += len(line)
            if size <= FIELD:
                parts.append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if not colon:
            continue
        _store(found, parts)
        parts = [name.strip().lower(), value]
        size = len(value)
    _store(found, parts)
    return found


def _store(found: dict[str, Any], parts: list[str]) -> None:
    if not parts:
        return
    name = parts[0]
    value = clean("\n".join(parts[1:]))
    if not value or value == "UNKNOWN":  # what old tools write for "not given"
        return
    if name in _SINGLE:
        found.setdefault(_SINGLE[name], value)
    elif name in _MULTIPLE:
        items = found.setdefault(_MULTIPLE[name], [])
        if len(items) < _MOST:
            items.append(value)
    elif name == "classifier" and value.startswith("License ::"):
        items = found.setdefault("classifiers", [])
        if len(items) < _MOST:
            items.append(value.rpartition("::")[2].strip())
