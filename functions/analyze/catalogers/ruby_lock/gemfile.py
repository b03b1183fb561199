"""Gemfile.lock.

Source: `bundler/lib/bundler/lockfile_parser.rb`: sections of sources with `specs`, four blanks before a gem
`name (version-platform)`, six before what it needs.
"""

import re
from collections import defaultdict

from analyze.catalogers.lockfile.entries import Entries, lines, text
from analyze.catalogers.text import decoded

_SOURCES = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_SPEC = re.compile(
    r"(?P<indent> {4}| {6})(?! )(?P<name>[^\s(]+)(?: \((?P<version>[^)-]*)(?:-(?P<platform>[^)]*))?\))?!?"
)
_OPTION = re.compile(r" {2}(?P<key>[a-z_]+): (?P<value>.*)")
_MOST = 20  # platforms of one gem that are related


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    section = ""
    source: dict[str, str] = {}
    positions: dict[str, list[int]] = defaultdict(list)
    needs: dict[tuple[int, str], None] = {}
    last = -1
    for line in lines(decoded(data), entries):
        line = line.rstrip()
        if line and line[0] != " ":
            section, source, last = line, {"type": line.lower()}, -1
        elif section not in _SOURCES:
            continue
        elif (option := _OPTION.fullmatch(line)) is not None:
            source[option["key"]] = text(option["value"])
        elif (spec := _SPEC.fullmatch(line)) is not None:
            if spec["indent"] == "      ":
                needs[last, spec["name"]] = None
            elif spec["version"]:
                metadata = {key: source.get(key, "") for key in ("type", "remote", "revision", "branch", "tag")}
                platform = spec["platform"] or ""
                last = entries.add(spec["name"], spec["version"], metadata, qualifiers={"platform": platform})
                if len(positions[spec["name"]]) < _MOST:
                    positions[spec["name"]].append(last)
    for dependent, name in needs:
        for dependency in positions.get(name, ()):
            entries.relate(dependent, dependency)
