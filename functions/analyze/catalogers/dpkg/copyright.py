"""Licences out of `/usr/share/doc/NAME/copyright`.

Source: the machine-readable format 1.0 (DEP-5), Debian Policy 12.5 for the common licences, and Syft's
`syft/pkg/cataloger/debian/parse_copyright.go` for files that are in neither form.
"""

import re

from analyze.catalogers.text import clean

_LICENSE = re.compile(r"^License:[ \t]*(\S[^\n]*)", re.MULTILINE | re.IGNORECASE)
_COMMON = re.compile(r"/usr/share/common-licenses/([0-9A-Za-z][0-9A-Za-z_.+-]*)")
_AGREEMENT = re.compile(r"^[ \t]*(LICENSE AGREEMENT(?: FOR [^\n]+)?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_NAMED = (("license:", _LICENSE), ("/usr/share/common-licenses/", _COMMON), ("license agreement", _AGREEMENT))
_PROSE = re.compile(r"\W*(?:permission|redistribution|this|these|by|you|everyone)\s", re.IGNORECASE)
_LONGEST = 200
_MOST = 100


def licenses(text: str) -> list[str]:
    """Return the licences that a copyright file names, sorted, without repetitions.

    Short names and expressions are as the file writes them (`GPL-2+ or Artistic`). Where a licence's text begins
    behind "License:", its first line is no name.
    """
    found = set()
    lower = text.lower()
    for mark, pattern in _NAMED:
        if mark not in lower:
            continue
        for match in pattern.finditer(text):
            name = clean(match[1]).rstrip(".,;:")
            if name and name.lower() != "none" and len(name) <= _LONGEST and not _PROSE.match(name):
                found.add(name)
            if len(found) == _MOST:
                return sorted(found)
    return sorted(found)
