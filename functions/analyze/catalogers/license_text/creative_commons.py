"""Creative Commons licences, by their titles: the terms and the version. Ported ones (to a country) are left out.

Source: the titles of the legal codes at creativecommons.org/licenses.
"""

import re
from itertools import chain

_TERMS = (
    rb"attribution(?P<nc> non ?commercial)?(?:(?P<sa> share ?alike)|(?P<nd> no ?deriv(?:ative)?s))?"
    rb" (?P<version>[1-4]) (?P<minor>[05])(?: (?:international|unported|generic))?"
)
_CODE = re.compile(
    rb"(?:creative commons|legal code) " + _TERMS + rb" (?:creative commons corporation|licen[cs]e the work)"
)
_GRANT = re.compile(rb"(?:under|of) (?:a |the )?creative commons " + _TERMS + rb" (?:public )?licen[cs]e")
_VERSIONS = frozenset({"1.0", "2.0", "2.5", "3.0", "4.0"})


def licenses(text: bytes) -> list[str]:
    """Return the Creative Commons licences in normal text, each once."""
    if b"creative commons" not in text:
        return []
    found: dict[str, None] = {}
    for match in chain(_CODE.finditer(text), _GRANT.finditer(text)):
        terms = "BY" + ("-NC" if match["nc"] else "") + ("-SA" if match["sa"] else "-ND" if match["nd"] else "")
        version = f"{match['version'].decode()}.{match['minor'].decode()}"
        if version in _VERSIONS:
            found[f"CC-{terms}-{version}"] = None
    return list(found)
