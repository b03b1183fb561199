"""yarn.lock, of Yarn 1 (a format of its own) and of later versions (YAML).

Source: `@yarnpkg/lockfile` and `@yarnpkg/parsers`. A block's key lists what was asked for (`name@range`),
separated by commas; what resolved it is in the block.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from analyze.catalogers.lockfile import yaml
from analyze.catalogers.lockfile.entries import Entries, lines, mapping, table, text
from analyze.catalogers.text import decoded

_WORD = re.compile(r'"((?>(?:[^"\\]|\\.)*))"?|([^\s,:"]+(?::(?!$)[^\s,:"]*)*)')
_LOCAL = ("workspace:", "link:", "portal:", "file:")
_DEPENDENCIES = ("dependencies", "optionalDependencies", "peerDependencies")


def read(data: bytes, entries: Entries) -> None:
    """Read either format."""
    document = decoded(data)
    modern = "\n__metadata:" in document or document.startswith("__metadata:")
    blocks = _modern(document) if modern else _classic(document, entries)
    asked: dict[str, int] = {}
    wanted: list[tuple[int, dict[str, str]]] = []
    for requests, block in blocks:
        name, version = _identity(requests, block)
        if not name or not version:
            continue
        dependencies: dict[str, str] = {}
        for key in _DEPENDENCIES:
            dependencies |= mapping(block.get(key))
        metadata = {
            "resolved": text(block.get("resolved")) or text(block.get("resolution")),
            "integrity": text(block.get("integrity")) or text(block.get("checksum")),
            "dependencies": dependencies,
        }
        position = entries.add(name, version, metadata)
        asked |= dict.fromkeys(requests, position)
        wanted.append((position, dependencies))
    for position, dependencies in wanted:
        for name, range_ in dependencies.items():
            for request in (f"{name}@{range_}", f"{name}@npm:{range_}"):
                entries.relate(position, asked.get(request, -1))


def _identity(requests: list[str], block: dict[str, Any]) -> tuple[str, str]:
    """Return name and version: of an alias, those of what it stands for; none of a package of the project's own."""
    resolution = text(block.get("resolution"))
    name, _, reference = resolution[1:].partition("@")
    if resolution:
        return ("", "") if reference.startswith(_LOCAL) else (resolution[0] + name, text(block.get("version")))
    request = requests[0] if requests else ""
    name, _, range_ = request[1:].partition("@")
    name = request[:1] + name
    if range_.startswith("npm:"):
        alias, at, _ = range_[5:].rpartition("@")
        name = range_[4] + alias if at else name
    return name, text(block.get("version"))


def _modern(document: str) -> Iterator[tuple[list[str], dict[str, Any]]]:
    for key, block in table(yaml.loads(document)).items():
        if key != "__metadata" and isinstance(block, dict):
            yield [request.strip() for request in key.split(",")], block


def _classic(document: str, entries: Entries) -> Iterator[tuple[list[str], dict[str, Any]]]:
    requests: list[str] = []
    block: dict[str, Any] = {}
    inner = block
    for line in lines(document, entries):
        words = _words(line.strip())
        if not words or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        if indent == 0:
            if requests:
                yield requests, block
            requests, block = words, {}
        elif line.rstrip().endswith(":") and len(words) == 1:
            inner = block.setdefault(words[0], {})
        elif len(words) > 1:
            inside = indent > 2 and isinstance(inner, dict)
            (inner if inside else block)[words[0]] = words[1]
    if requests:
        yield requests, block


def _words(line: str) -> list[str]:
    return [plain or _plain(quoted) for quoted, plain in _matches(line)]


def _matches(line: str) -> Iterable[tuple[str, str]]:
    return ((match[1] or "", match[2] or "") for match in _WORD.finditer(line))


def _plain(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted) if "\\" in quoted else quoted
