"""Maven's versions. Source: the "Version Order Specification" of Maven's POM reference.

That text is followed where `ComparableVersion` has no order to follow: it takes `1.x.1` for less than
`1-alpha`, that for less than `1`, and that again for less than `1.x.1`.
"""

import re

from cargohold.versions.encoding import number, text

_TOKENS = re.compile(r"([.-]?)([0-9]+|[^0-9.-]+|(?=[.-]|$))")
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}  # when a number follows directly
_NOTHING = ("", "final", "ga", "release")
_KNOWN = {"alpha": 1, "beta": 2, "milestone": 3, "rc": 4, "cr": 4, "snapshot": 5}
_END, _NO_QUALIFIER, _SERVICE_PACK, _QUALIFIER, _HYPHEN_NUMBER, _NUMBER = range(6, 12)


def key(version: str) -> bytes | None:
    """Return the key of a version; any text is one."""
    tokens = _trimmed(_tokens(version.lower()))
    key = bytearray()
    for hyphen, item in tokens:
        if item.isdigit():
            key.append(_HYPHEN_NUMBER if hyphen else _NUMBER)
            key += number(item)
        elif item in _KNOWN:
            key.append(_KNOWN[item])
        elif item in _NOTHING:
            key.append(_NO_QUALIFIER)
        elif item == "sp":
            key.append(_SERVICE_PACK)
        else:
            key.append(_QUALIFIER)
            key += text(item)
    key.append(_END)
    return bytes(key)


def _tokens(version: str) -> list[tuple[bool, str]]:
    # Between digits and letters there is a hyphen even where none is written, and a missing token is a 0.
    tokens: list[tuple[bool, str]] = []
    matches = [match for match in _TOKENS.finditer(version) if match[0] or match.start() == 0]
    for place, match in enumerate(matches):
        separator, token = match.groups()
        if token in _SHORT and place + 1 < len(matches) and matches[place + 1][0].isdigit():
            token = _SHORT[token]
        tokens.append((separator == "-" or (not separator and place > 0), token or "0"))
    return tokens


def _trimmed(tokens: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
    # What is nothing goes at the end, before a hyphen, and before a qualifier, whose separator is of no matter.
    kept: list[tuple[bool, str]] = []
    for hyphen, token in [*tokens, (True, "")]:
        if hyphen or not token.isdigit():
            while kept and (kept[-1][1] in _NOTHING or not kept[-1][1].strip("0")):
                kept.pop()
        kept.append((hyphen, token))
    return kept[:-1]
