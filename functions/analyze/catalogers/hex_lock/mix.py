"""mix.lock.

Source: `Mix.Dep.Lock` of elixir-lang/elixir and `Hex.SCM` of hexpm/hex: a line each package, `"name": {:hex,
:package, "version", "checksum", managers, dependencies, "repository", "outer checksum"}`. Packages of
repositories have a revision and no version, and are left out.
"""

import re

from analyze.catalogers.lockfile.entries import Entries, lines
from analyze.catalogers.text import decoded

_LINE = re.compile(
    r'\s*"(?P<key>[^"]+)":\s*\{:hex,\s*:"?(?P<name>[A-Za-z0-9_]+)"?,\s*"(?P<version>[^"]+)",\s*"(?P<inner>[0-9a-f]*)"'
    r"(?P<rest>.*)"
)
_OUTER = re.compile(r',\s*"(?P<repository>[^"]*)",\s*"(?P<outer>[0-9a-f]{64})"\}')
_NEEDED = re.compile(r'\{:"?([A-Za-z0-9_]+)"?,\s*"')
_LONGEST = 64 << 10  # characters of a line


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    positions: dict[str, int] = {}
    needs: list[tuple[int, list[str]]] = []
    for line in lines(decoded(data), entries):
        match = _LINE.fullmatch(line[:_LONGEST])
        if match is None:
            continue
        outer = _OUTER.search(match["rest"])
        name, version = match["name"], match["version"]
        metadata = {
            "name": name,
            "version": version,
            "pkgHash": match["inner"],
            "pkgHashExt": outer["outer"] if outer else "",
        }
        positions[match["key"]] = entries.add(name, version, metadata)
        needs.append((positions[match["key"]], _NEEDED.findall(match["rest"])))
    for position, needed in needs:
        for name in needed:
            entries.relate(position, positions.get(name, -1))
