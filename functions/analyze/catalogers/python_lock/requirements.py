"""What requirements.txt files pin.

Source: pip's "Requirements File Format" and PEP 508. Only `name==version` counts: anything else says what a
build may choose, and not what it chose. Addresses, options and what other files are named are left out.
"""

import re

from analyze.catalogers.lockfile.entries import Entries, lines
from analyze.catalogers.python_lock.named import requirement
from analyze.catalogers.text import decoded

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*(?:\s*\[[^\]]*\])?)\s*===?\s*(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)"
)
_LONGEST = 4096  # characters of one requirement
_COMMENT = re.compile(r"(?:^|\s)#")
_OPTION = re.compile(r"\s--?[a-z]")


def read(data: bytes, entries: Entries) -> None:
    """Read one; lines that end in a backslash go on."""
    parts: list[str] = []
    for line in lines(decoded(data), entries):
        comment = _COMMENT.search(line) if "#" in line else None
        line = (line[: comment.start()] if comment else line).rstrip()
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        _requirement(" ".join([*parts, line]) if parts else line, entries)
        parts = []
    _requirement(" ".join(parts), entries)


def _requirement(line: str, entries: Entries) -> None:
    option = _OPTION.search(line)
    line = (line[: option.start()] if option else line).strip()[:_LONGEST]
    wanted, _, marker = line.partition(";")
    pin = _PIN.fullmatch(wanted.strip())
    if pin is None:
        return
    name, extras = requirement(pin["name"])
    metadata = {
        "name": name,
        "extras": extras,
        "versionConstraint": "==" + pin["version"],
        "markers": marker.strip(),
    }
    entries.add(name, pin["version"], metadata)
