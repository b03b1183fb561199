"""go.mod.

Source: "go.mod file reference" of the Go Modules Reference. What `replace` puts in a module's place is what
is built; a directory in its place is the module itself, without a version that says anything.
"""

import re
from collections.abc import Iterable, Iterator

from analyze.catalogers.lockfile.entries import Entries, lines
from analyze.catalogers.text import decoded

_WORD = re.compile(r'"((?>(?:[^"\\]|\\.)*))"?|`([^`]*+)`?|//.*|([^\s"`()]+|[()])')
_ARROW = "=>"
_LONGEST = 4096  # characters of a line


def read(data: bytes, entries: Entries) -> None:
    """Read one; raises `ValueError` when it is of no module."""
    required: dict[str, str] = {}
    replaced: dict[tuple[str, str], tuple[str, str]] = {}
    excluded: set[tuple[str, str]] = set()
    indirect: set[str] = set()
    named = False
    for line, verb, words in _statements(lines(decoded(data), entries)):
        named = named or verb == "module"
        if verb == "require" and len(words) == 2:
            required[words[0]] = words[1]
            if re.search(r"//\s*indirect\b", line):
                indirect.add(words[0])
        elif verb == "replace" and _ARROW in words:
            at = words.index(_ARROW)
            old, by = [*words[:at], ""], [*words[at + 1 :], ""]
            if at and len(by) > 1:
                replaced[old[0], old[1]] = (by[0], by[1])
        elif verb == "exclude" and len(words) == 2:
            excluded.add((words[0], words[1]))
    if not named:
        raise ValueError("names no module")
    for path, version in required.items():
        if (path, version) in excluded:
            continue
        new = replaced.get((path, version)) or replaced.get((path, "")) or (path, version)
        local = new[0].startswith((".", "/"))
        metadata = {"indirect": path in indirect}
        entries.add(path if local else new[0], version if local else new[1], metadata)


def _statements(text: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each line, its verb, and the words after it; lines in parentheses have the verb before these."""
    block = ""
    for line in text:
        words = [match[1] or match[2] or match[3] for match in _WORD.finditer(line[:_LONGEST])]
        words = [word for word in words if word]
        if not words:
            continue
        if block and words[0] == ")":
            block = ""
        elif block:
            yield line, block, words
        elif words[1:] == ["("]:
            block = words[0]
        else:
            yield line, words[0], words[1:]
