"""The License field of R packages.

Source: "Writing R Extensions" 1.1.2: alternatives between bars, each a name with an optional version
constraint in parentheses, `file LICENSE`, or both (`MIT + file LICENSE`).
"""

import re

from analyze.catalogers.spdx import alternatives, expression
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
_MOST = 50  # alternatives


def licenses(value: str, path: str) -> tuple[License, ...]:
    """Return the field as it is written, with the SPDX expression that it surely means."""
    found = [_expression(part.strip()) for part in value.split("|", _MOST)[:_MOST]]
    chosen = alternatives(found, path)[0].spdx_expression if all(found) else ""
    return (License(value, chosen, path=path),) if value.strip() else ()


def _expression(alternative: str) -> str:
    name = _RESTRICTION.sub("", alternative[:200])
    if match := _VERSIONED.fullmatch(name):
        return _versioned(match[1].strip().lower(), match[2] or "", match[3])
    return expression(name, "r")


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
