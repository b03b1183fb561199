"""SPDX licence expressions out of what package metadata says.

Source: SPDX specification 2.3 annex D (expressions) and the licence list; the aliases are Debian's short
names (DEP-5), the identifiers that the list itself deprecates, and full names that mean one licence only.
What is not surely one licence gives no expression: the value itself is always kept beside it.
"""

import re
from functools import lru_cache

from analyze.catalogers.spdx_identifiers import EXCEPTIONS, LICENSES

_TOKEN = re.compile(r"[()]|[^\s()]+")
_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_LONGEST = 500


def _aliases() -> dict[str, str]:
    aliases = {
        "expat": "MIT",
        "apache-2": "Apache-2.0",
        "apache 2.0": "Apache-2.0",
        "apache license 2.0": "Apache-2.0",
        "apache license, version 2.0": "Apache-2.0",
        "mit license": "MIT",
        "the mit license": "MIT",
        "the mit license (mit)": "MIT",
        "isc license": "ISC",
        "isc license (iscl)": "ISC",
        "mpl-2": "MPL-2.0",
        "mpl 2.0": "MPL-2.0",
        "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
        "psf-2": "PSF-2.0",
        "bsd 3-clause": "BSD-3-Clause",
        "bsd 2-clause": "BSD-2-Clause",
        "bsd-3-clause license": "BSD-3-Clause",
        "3-clause bsd license": "BSD-3-Clause",
        "cc0": "CC0-1.0",
        "the unlicense (unlicense)": "Unlicense",
    }
    for family, versions in {"GPL": "1 2 3", "LGPL": "2 2.1 3", "AGPL": "1 3", "GFDL": "1.1 1.2 1.3"}.items():
        for version in versions.split():
            full = version if "." in version else version + ".0"
            for form in (f"{family}-{version}", f"{family}-{full}", f"{family}v{version}", f"{family}v{full}"):
                aliases[form.lower()] = f"{family}-{full}-only"
                aliases[form.lower() + "+"] = f"{family}-{full}-or-later"
    return aliases


_LICENSES = {name.lower(): name for name in LICENSES.split()} | _aliases()
_EXCEPTIONS = {name.lower(): name for name in EXCEPTIONS.split()}
_NO_EXCEPTION_AFTER = frozenset({")", *EXCEPTIONS.split()})
_NAMES = frozenset(alias for alias in _LICENSES if " " in alias)


def expression(value: str) -> str:
    """Return the SPDX expression that `value` is, in canonical spelling, or ""."""
    value = value.strip()
    return _expression(value) if len(value) <= _LONGEST else ""


@lru_cache(maxsize=8192)
def _expression(value: str) -> str:
    lower = value.lower()
    if lower in _NAMES:
        return _LICENSES[lower]
    return _parsed(_TOKEN.findall(value))


def _parsed(tokens: list[str]) -> str:
    written: list[str] = []
    depth = 0
    operand = True  # what may come next: an operand or an operator
    exception = False
    for word in tokens:
        upper = word.upper()
        if exception:
            name = _EXCEPTIONS.get(word.lower())
            if name is None:
                return ""
            written.append(name)
            exception, operand = False, False
        elif operand and word == "(":
            depth += 1
            written.append("(")
        elif not operand and word == ")" and depth:
            depth -= 1
            written.append(")")
        elif operand:
            name = _license(word)
            if not name:
                return ""
            written.append(name)
            operand = False
        elif upper in ("AND", "OR"):
            written.append(upper)
            operand = True
        elif upper == "WITH" and written[-1] not in _NO_EXCEPTION_AFTER:
            written.append(upper)
            exception = True
        else:
            return ""
    if operand or exception or depth:
        return ""
    return " ".join(written).replace("( ", "(").replace(" )", ")")


def _license(word: str) -> str:
    name = _LICENSES.get(word.lower())
    if name:
        return name
    if word.endswith("+") and (name := _LICENSES.get(word[:-1].lower())):
        return name + "+"
    return word if _REFERENCE.fullmatch(word) else ""
