"""The License field of R packages.

Source: "Writing R Extensions" 1.1.2: alternatives between bars, each a name with an optional version
constraint in parentheses, `file LICENSE`, or both (`MIT + file LICENSE`).
"""

import re

from analyze.catalogers.spdx import expression
from cargohold.model import License

_RESTRICTION = re.compile(r"\s*\+\s*file\s+LICEN[CS]E\s*\Z")
_VERSIONED = re.compile(r"([A-Za-z][A-Za-z ]{0,60}?)\s*\(\s*(>=|==|>)?\s*([0-9][0-9.]{0,10})\s*\)")
_FAMILIES = {
    "gpl": "GPL",
    "gnu general public license": "GPL",
    "lgpl": "LGPL",
    "gnu lesser general public license": "LGPL",
    "agpl": "AGPL",
    "gnu affero general public license": "AGPL",
    "apache license": "Apache",
    "mozilla public license": "MPL",
    "eupl": "EUPL",
    "artistic license": "Artistic",
}
_WITH_LATER = {"GPL", "LGPL", "AGPL"}
_NAMES = {
    "bsd_2_clause": "BSD-2-Clause",
    "bsd_3_clause": "BSD-3-Clause",
    "freebsd": "BSD-2-Clause",
    "cc by 4.0": "CC-BY-4.0",
    "cc by-sa 4.0": "CC-BY-SA-4.0",
    "cc by-nc 4.0": "CC-BY-NC-4.0",
    "mozilla public license 2.0": "MPL-2.0",
    "artistic license 2.0": "Artistic-2.0",
    "boost software license 1.0": "BSL-1.0",
    "lucent public license": "LPL-1.02",
}
_MOST = 50  # alternatives


def licenses(value: str, path: str) -> tuple[License, ...]:
    """Return the alternatives as they are written, each with the SPDX expression that it surely means."""
    alternatives = [part.strip() for part in value.split("|", _MOST)[:_MOST]]
    return tuple(License(one, _expression(one), path=path) for one in dict.fromkeys(alternatives) if one)


def _expression(alternative: str) -> str:
    name = _RESTRICTION.sub("", alternative[:200])
    if match := _VERSIONED.fullmatch(name):
        return _versioned(match[1].strip().lower(), match[2] or "", match[3])
    return expression(_NAMES.get(name.lower(), name))


def _versioned(name: str, operator: str, version: str) -> str:
    family = _FAMILIES.get(name, "")
    full = version if "." in version else version + ".0"
    if not family:
        return ""
    if family in _WITH_LATER:
        # A later version than the one that is named is no SPDX expression.
        suffix = {"": "-only", "==": "-only", ">=": "-or-later"}.get(operator, "")
        return expression(f"{family}-{full}{suffix}") if suffix else ""
    return expression(f"{family}-{full}") if operator in ("", "==") else ""
