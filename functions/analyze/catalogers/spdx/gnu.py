"""Names of the GNU licences: family, version, and whether later versions are allowed too.

Everybody writes them differently (`GPL-2+`, `GPLv2+`, `GPL2`, `GNU GPL v2 or later`, `LGPL, Version 2.1`,
`GFDL-NIV-1.3+`), but always in this order. A name without a version means no one licence. A version alone is that
version only, as the SPDX list has it for its old identifiers (`GPL-2.0` is `GPL-2.0-only`).
"""

import re

_VERSIONS = {
    "GPL": {"1", "2", "3"},
    "LGPL": {"2", "2.1", "3"},
    "AGPL": {"1", "3"},
    "GFDL": {"1.1", "1.2", "1.3"},
}
_FAMILIES = {
    "general public license": "GPL",
    "lesser general public license": "LGPL",
    "library general public license": "LGPL",
    "library or lesser general public license": "LGPL",
    "lesser public license": "LGPL",
    "affero general public license": "AGPL",
    "affero gpl": "AGPL",
    "free documentation license": "GFDL",
    "fdl": "GFDL",
}
_NAME = re.compile(
    r"(?:gnu[ -])?(?:the )?"
    r"(?P<family>(?:(?:lesser |library (?:or lesser )?|affero )?general|lesser) public license"
    r"|free documentation license|affero gpl|[al]?gpl|gfdl|fdl)"
    r"(?: \([al]?gpl\)| license)?"
    r"(?P<invariants>-niv|-no-invariants|-invariants)?"
    r"(?:[ ,_-]{0,3})(?:version |ver\.? ?|v\.? ?)?"
    r"(?P<version>[1-3](?:\.[0-9])?)(?:\.0)?(?P<named>-(?:no-)?invariants)?"
    r"(?:(?P<later> ?\+|-or-later)|(?:-| )only)?"
    r"(?: license)?"
)
_LATER = re.compile(
    r",? ?\(?(?:or|and)(?: \(?at your option\)?)?(?: any)? (?:later|newer|above|higher|greater)(?: versions?)?\)?",
    re.IGNORECASE,
)

_AT_LEAST = re.compile(r" ?\(?>= ?([1-3](?:\.[0-9])?)\)?")


def later_as_plus(text: str) -> str:
    """Return text with "or any later version", ">= 2" and the like written as "+"."""
    return _LATER.sub("+", _AT_LEAST.sub(r" \1+", text))


def license_name(text: str) -> str:
    """Return the identifier that a name in lower case is, or ""."""
    match = _NAME.fullmatch(text)
    if match is None:
        return ""
    family = _FAMILIES.get(match["family"], match["family"].upper())
    version = match["version"].removesuffix(".0")
    if version not in _VERSIONS[family]:
        return ""
    invariants = match["invariants"] or match["named"] or ""
    invariants = "-no-invariants" if invariants == "-niv" else invariants
    if invariants and family != "GFDL":
        return ""
    full = version if "." in version else version + ".0"
    return f"{family}-{full}{invariants}-{'or-later' if match['later'] else 'only'}"
