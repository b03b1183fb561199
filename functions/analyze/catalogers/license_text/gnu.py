"""The GNU licences: their texts by title and date, and the notices that grant them with or without later versions.

Source: the texts at gnu.org/licenses, and "How to apply these terms" at their ends. The text alone grants the
version that it is; that later versions apply too, only a notice says.
"""

import re
from itertools import islice

_FAMILIES = {
    b"general public": "GPL",
    b"lesser general public": "LGPL",
    b"library general public": "LGPL",
    b"library or lesser general public": "LGPL",
    b"lesser or library general public": "LGPL",
    b"affero general public": "AGPL",
    b"free documentation": "GFDL",
    b"gpl": "GPL",
    b"lgpl": "LGPL",
    b"agpl": "AGPL",
}
_VERSIONS = {
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
    "AGPL": ("1.0", "3.0"),
    "GFDL": ("1.1", "1.2", "1.3"),
}
_NAME = (
    rb"(?:gnu )?(?:(?P<family>(?:(?:library|lesser|affero|library or lesser|lesser or library) )?general public"
    rb"|free documentation) licen[cs]e(?: [al]?gpl| fdl)?"
)
_TITLE = re.compile(
    _NAME + rb") version (?P<version>[1-3])(?: (?P<minor>[0-3]))?"
    rb"(?: [0-9]{1,2})? (?:february|march|june|november) (?:19|20)[0-9]{2}\b"
)
_VERBATIM = b"everyone is permitted to copy and distribute verbatim copies"
_GRANT = re.compile(
    rb"\b(?:under|terms(?: and conditions)? of|conditions of|licen[cs]ed(?: under)?|covered by|subject to|governed by"
    rb"|by the|licen[cs]e|is)(?: either| the)*(?: terms(?: and conditions)? of(?: either| the)*)? "
    rb"(?:version (?P<before>[1-3])(?: (?P<before_minor>[0-3]))?"
    rb"(?P<before_later>[a-z ]{0,30}\blater\b[a-z ]{0,16})? of the )?" + _NAME + rb"|(?:gnu )?(?P<short>[al]?gpl))"
    rb"(?: as published by the free software foundation(?: inc)?)?(?: either)?(?: the)?"
    rb"(?: ?v(?:ersion|er)? ?(?P<version>[1-3])(?: (?P<minor>[0-3]))?(?![0-9]))?"
)
_LATER = re.compile(
    rb"(?: [al]?gpl ?v?[1-3](?: [0-3])?)?(?: dated [a-z]+ [0-9]{4})?"
    rb"(?: of (?:the|this|that) (?:gnu )?(?:[al]?gpl|(?:[a-z]+ ){0,4}licen[cs]e))?(?: [al]?gpl ?v?[1-3](?: [0-3])?)?"
    rb"(?: as published by the free software foundation(?: inc)?)?"
    rb"(?: (?:or|and)(?: at your (?:own )?(?:option|choice|discretion)| if you prefer)?| at your (?:option|choice))"
    rb"(?: any| a)? (?:later|newer|higher|greater|above)\b"
)
_MENTIONS = (b"general public licen", b"free documentation licen", b"gpl")
_NOTICES = 500
_BEFORE = 160  # bytes around the name of a licence that may belong to its notice
_AFTER = 120


def licenses(text: bytes) -> list[str]:
    """Return the GNU licences in normal text, each once."""
    titles = []
    if _VERBATIM in text:
        titles = [match for match in _TITLE.finditer(text) if text.find(_VERBATIM, match.end(), match.end() + 400) >= 0]
    granted = _granted(text[: titles[0].start()] if titles else text)
    families = {name.partition("-")[0] for name in granted}
    texts = [_expression(match["family"], match["version"], match["minor"], later=False) for match in titles]
    if "LGPL-3.0-only" in texts:
        texts = [name for name in texts if name != "GPL-3.0-only"]  # which it adds permissions to
    return list(dict.fromkeys([*granted, *(name for name in texts if name and name.partition("-")[0] not in families)]))


def _granted(text: bytes) -> list[str]:
    found: dict[str, None] = {}
    done = 0
    for at in islice(_mentions(text), _NOTICES):
        if at < done:
            continue
        match = _GRANT.search(text, max(done, at - _BEFORE), at + _AFTER)
        if match is None:
            continue
        done = match.end()
        version, minor = match["before"] or match["version"], match["before_minor"] or match["minor"]
        if version is None:
            continue
        later = bool(match["before_later"]) or _LATER.match(text, match.end()) is not None
        free = b"no invariant sections" in text[match.end() : match.end() + 200]
        found[_expression(match["family"] or match["short"], version, minor, later=later, free=free)] = None
    found.pop("", None)
    return list(found)


def _mentions(text: bytes) -> list[int]:
    """Return where GNU licences are named, in order."""
    found: list[int] = []
    for name in _MENTIONS:
        at = text.find(name)
        while at >= 0 and len(found) < _NOTICES * len(_MENTIONS):
            found.append(at)
            at = text.find(name, at + len(name))
    return sorted(found)


def _expression(name: bytes, version: bytes, minor: bytes | None, *, later: bool, free: bool = False) -> str:
    family = _FAMILIES[name]
    full = f"{version.decode()}.{(minor or b'0').decode()}"
    if full not in _VERSIONS[family]:
        return ""
    invariants = "-no-invariants" if free and family == "GFDL" else ""
    return f"{family}-{full}{invariants}-{'or-later' if later else 'only'}"
