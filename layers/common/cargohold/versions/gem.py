"""RubyGems' versions. Source: RubyGems, lib/rubygems/version.rb (`Gem::Version`)."""

import re

from cargohold.versions.encoding import descending, number, text

_VERSION = re.compile(r"\s*([0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?\s*")
_SEGMENTS = re.compile(r"[0-9]+|[A-Za-z]+")
_TEXT, _ZEROS_TEXT, _END, _ZEROS_NUMBER, _NUMBER = range(5)


def key(version: str) -> bytes | None:
    """Return the key of a version; None where `Gem::Version` raises.

    Segments go on with zeros without end, and a text is less than any number. So what follows a run of zeros
    says whether the version is more or less than one that ends before it.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    segments = _SEGMENTS.findall((match[1] or "0").replace("-", ".pre."))
    first = next((place for place, segment in enumerate(segments) if segment.isalpha()), len(segments))
    while first and not segments[first - 1].strip("0"):  # 1.0.rc1 is 1.rc1
        first -= 1
        del segments[first]
    key, zeros = bytearray(), 0
    for segment in segments:
        if segment.isalpha():
            key += bytes((_ZEROS_TEXT, zeros)) if zeros else bytes((_TEXT,))
            key += text(segment)
        elif segment.strip("0"):
            key += bytes((_ZEROS_NUMBER,)) + descending(zeros) if zeros else bytes((_NUMBER,))
            key += number(segment)
        else:
            zeros += 1
            continue
        zeros = 0
    key.append(_END)
    return bytes(key)
