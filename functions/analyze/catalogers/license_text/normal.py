"""Text as it is compared: lower-case words and digits with one blank between them, lines of copyright left out.

Source: SPDX's matching guidelines (specification 2.3 annex B): white space, case, punctuation, comment marks and
copyright notices are no part of a licence. Bytes beyond ASCII count as blanks, whatever their encoding.
"""

import re
from collections.abc import Iterator

_LOWER = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_WORDS = bytes(byte if 97 <= byte <= 122 or 48 <= byte <= 57 else 32 for byte in range(256))
_MARKS = (b"copyright", b"\xa9", b"(c)", b"all rights reserved")
_NOTICE = re.compile(
    rb"[ \t#*/;%.\"'>|-]{0,40}"
    rb"(?:(?:portions |some parts |parts )?copyright(?: holders?)?:?[ \t]{0,4}"
    rb"(?:\(c\)|\xc2?\xa9|&copy;|[12][09][0-9]{2}|[<\[{$]|by )"
    rb"|\(c\) ?(?:[12][09][0-9]{2}|[<\[{$])|\xc2?\xa9|all rights reserved)"
)
_PLUS = re.compile(rb"((?:gpl[ -]?v?|version |\bv)[1-3](?:\.[0-9])?)\+")  # the only sign that means something
_LONGEST = 300  # bytes of a notice; longer lines have a licence in them too


def words(data: bytes) -> list[bytes]:
    """Return the words of a text's normal form. Linear in its size, whatever is in it."""
    lower = data.translate(_LOWER)
    if b"+" in lower:
        lower = _PLUS.sub(rb"\1 or later ", lower)
    pieces, done = [], 0
    for start, end in _notices(lower):
        if start >= done:
            pieces.append(lower[done:start])
            done = end
    pieces.append(lower[done:])
    return b"\n".join(pieces).translate(_WORDS).split()


def normal(data: bytes) -> bytes:
    """Return a text in normal form."""
    return b" ".join(words(data))


def _notices(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield where lines of copyright begin and end, in order."""
    found = set()
    for mark in _MARKS:
        at = text.find(mark)
        while at >= 0:
            start = text.rfind(b"\n", 0, at) + 1
            end = text.find(b"\n", at)
            end = len(text) if end < 0 else end
            if end - start <= _LONGEST and _NOTICE.match(text, start, end):
                found.add((start, end))
            at = text.find(mark, end)
    yield from sorted(found)
