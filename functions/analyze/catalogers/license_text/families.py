"""Licences that begin alike: each place where one begins is looked at by itself, up to where the next one begins.

Lines as in `phrases`; the first that fits within a piece is the licence, or none that is known.
Source: the texts of the SPDX list.
"""

from collections.abc import Iterator

from analyze.catalogers.license_text.rules import first, parsed

_MIT = """
JSON: the software shall be used for good not evil
NCSA: to deal with the software without restriction & redistributions of source code must retain
Unicode-DFS-2015: a this copyright and permission notice appear with all copies of the data & c there is clear notice
Unicode-DFS-2016: provided that either a this copyright and permission notice appear with all copies of the data files
ICU: provided that the above copyright notice s and this permission notice appear in all copies
X11-distribute-modifications-variant: publish distribute distribute with modifications sublicense
X11: to deal in the software without restriction & shall be included in all copies & except as contained in this
  notice the name
MIT: to deal in the software without restriction & shall be included in all copies or substantial portions
MIT-0: to deal in the software without restriction & and to permit persons to whom the software is furnished to
  do so the software is provided as is
"""
_BSD = """
PHP-3.01: may not be called php & includes php software freely available
PHP-3.0: may not be called php & includes php freely available
OpenSSL-standalone: openssl toolkit
SSLeay-standalone: eric young & cryptographic software
Apache-1.0: apache group & all advertising materials mentioning features
Apache-1.1: apache software foundation & may not be called apache
Apache-1.1: apache software foundation & nor may apache appear in their name
Apache-1.0: apache group
ZPL-2.0: zope corporation & zope corporation must not be used to endorse
Sleepycat: redistributions in any form must be accompanied by information on how to obtain complete source code
  for the db
bzip2-1.0.6: the origin of this software must not be misrepresented & altered source versions must be plainly marked
BSD-2-Clause-Patent: each copyright holder and contributor hereby grants & patent license
BSD-3-Clause-Clear: no express or implied licenses to any party s patent rights
NONE: any form whatsoever must retain the following acknowledgment
BSD-3-Clause-LBNL: you are under no obligation whatsoever to provide any bug fixes patches or upgrades
NONE: nuclear facility
NONE: no military use
BSD-4-Clause-UC: all advertising materials mentioning features & university of california berkeley and its
  contributors
BSD-4-Clause: all advertising materials mentioning features & neither the name
BSD-4-Clause: all advertising materials mentioning features & may not be used to endorse
BSD-3-Clause: redistributions of source code must retain & binary form must reproduce & neither the name
BSD-3-Clause: redistributions of source code must retain & binary form must reproduce & may not be used to endorse
BSD-3-Clause: redistributions of source code must retain & binary form must reproduce & nor the names of
BSD-2-Clause-Views: binary form must reproduce & the views and conclusions contained in the software
BSD-2-Clause: redistributions of source code must retain & binary form must reproduce & is provided
BSD-1-Clause: redistributions of source code must retain & is provided ! binary form must
"""
_ISC = """
PostgreSQL: without a written agreement is hereby granted
curl: for any purpose with or without fee is hereby granted & except as contained in this notice the name
ISC: or distribute this software for any purpose with or without fee is hereby granted provided that the above
  copyright notice
ISC: distribute this software for any purpose with or without fee is hereby granted provided that the above
  copyright notice
0BSD: distribute this software for any purpose with or without fee is hereby granted the software is provided as is
NONE: export of this software from the united states
HPND-sell-variant: distribute and sell this software and its documentation
HPND: this software and its documentation for any purpose & appear in supporting documentation & disclaims all
  warranties
NTP: this software and its documentation for any purpose & appear in supporting documentation &
  not be used in advertising & makes no representations
"""
_EXPORT = """
NONE: furthermore if you modify
NONE: acknowledg
HPND-export-US: distribute this software and its documentation for any purpose & makes no representations about
"""
_CONSTRAINT = b"within that constraint "
_RULES = {
    _CONSTRAINT + b"permission to use copy modify": parsed(_EXPORT),
    b"permission is hereby granted free of charge to any person obtaining": parsed(_MIT),
    b"redistribution and use in source and binary forms": parsed(_BSD),
    b"redistribution and use of this software in source and binary forms": parsed(_BSD),
    b"permission to use copy modify": parsed(_ISC),
}
_LONGEST = 6000  # bytes of one licence
_MOST = 300  # pieces of one file
_DAMAGE = b"possibility of such damage"
_PERFORMANCE = b"performance of this software"
_BOUNDS = {
    "0BSD": (_PERFORMANCE, 640),
    "BSD-1-Clause": (_DAMAGE, 1150),
    "BSD-2-Clause": (_DAMAGE, 1260),
    "BSD-3-Clause": (_DAMAGE, 1560),
    "BSD-4-Clause": (_DAMAGE, 1750),
    "BSD-4-Clause-UC": (_DAMAGE, 1700),
    "HPND": (_PERFORMANCE, 1080),
    "HPND-sell-variant": (_PERFORMANCE, 1100),
    "ISC": (_PERFORMANCE, 730),
    "MIT": (b"dealings in the software", 1060),
    "MIT-0": (b"dealings in the software", 930),
    "NTP": (b"without express or implied warranty", 700),
    "X11": (b"prior written authorization", 1220),
}
"""How each ends, and the most bytes up to there: a longer text has conditions of its own, and is another licence."""


def licenses(text: bytes) -> list[str]:
    """Return the licences of these families in normal text, each once."""
    beginnings = sorted(_beginnings(text))[:_MOST]
    ends = [start for start, _ in beginnings[1:]] + [len(text)]
    found: dict[str, None] = {}
    for (start, family), end in zip(beginnings, ends[: len(beginnings)], strict=True):
        piece = text[start : min(end, start + _LONGEST)]
        expression = first(_RULES[family], piece)
        if expression and _within(expression, piece):
            found[expression] = None
    return list(found)


def _beginnings(text: bytes) -> Iterator[tuple[int, bytes]]:
    for family in _RULES:
        at = text.find(family)
        while at >= 0:
            if not text.startswith(_CONSTRAINT, max(0, at - len(_CONSTRAINT))):
                yield at, family
            at = text.find(family, at + len(family))


def _within(expression: str, piece: bytes) -> bool:
    if expression not in _BOUNDS:
        return True
    ending, most = _BOUNDS[expression]
    return 0 <= piece.find(ending) <= most - len(ending)
