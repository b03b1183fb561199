"""The part of YAML in which snapcraft writes its files: block mappings of scalars and block lists of scalars.

Source: YAML 1.2 chapters 6 to 8. Anchors, flow collections over several lines and the text of block
scalars are not read, so nothing in a file can make it larger than it is.
"""

import re
from collections.abc import Iterator

from analyze.catalogers.text import clean

# Of lines without blanks at their end: an expression that looks for those tries each run of blanks again and again.
_ENTRY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z0-9_.-]+):(?:\s+(?P<value>\S.*))?")
_ITEM = re.compile(r"(?P<indent> *)-\s+(?P<value>\S.*)")
_COMMENT = re.compile(r"\s#.*\Z")
_MOST = 100_000  # lines


def scalars(text: str) -> dict[str, str]:
    """Return the scalars of the outermost mapping; of a key that occurs twice, the last."""
    found = {}
    for indent, key, value in _entries(text):
        if not indent and value and value[0] not in "|>&*[{":
            found[key] = _scalar(value)
    return found


def lists(text: str) -> dict[str, list[str]]:
    """Return the lists of scalars by the key right above, those of the same key at any depth together."""
    found: dict[str, list[str]] = {}
    at, key = -1, ""
    for line in _lines(text):
        item = _ITEM.fullmatch(line)
        if item is not None:
            if key and len(item["indent"]) >= at:
                found.setdefault(key, []).append(_scalar(item["value"]))
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is not None:
            at, key = len(entry["indent"]), "" if entry["value"] else entry["key"]
            if entry["value"] and entry["value"].startswith("[") and entry["value"].endswith("]"):
                found.setdefault(entry["key"], []).extend(
                    _scalar(one.strip()) for one in entry["value"][1:-1].split(",") if one.strip()
                )
        elif line and not line.lstrip().startswith("#"):
            key = ""
    return found


def _entries(text: str) -> list[tuple[int, str, str]]:
    matches = map(_ENTRY.fullmatch, _lines(text))
    return [(len(match["indent"]), match["key"], match["value"] or "") for match in matches if match is not None]


def _lines(text: str) -> Iterator[str]:
    return map(str.rstrip, text.split("\n", _MOST)[:_MOST])


def _scalar(value: str) -> str:
    if len(value) > 1 and value[0] in "'\"" and value.endswith(value[0]):
        return clean(value[1:-1])
    return clean(_COMMENT.sub("", value))
