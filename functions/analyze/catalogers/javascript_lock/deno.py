"""deno.lock, versions 2 to 5.

Source: denoland/deno_lockfile. Packages of npm and JSR by name and version, in versions 2 and 3 below
`packages` (and with `dependencies` as an object there); files from addresses in `remote`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.lockfile.entries import Entries, mapping, table, text, texts

_KEY = re.compile(r"(@?[^@]+)@([^@_]+)(?:_.*)?", re.DOTALL)  # peers follow a "_"
_REMOTE = re.compile(r"https?://([^?#\s]+?)@([^/?#\s@]+)/[^\s]*")
_JSR = {"repository_url": "https://jsr.io"}


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = table(loads(data))
    inner = table(document.get("packages")) or (
        table(table(document.get("npm")).get("packages")) and {"npm": document["npm"]["packages"]}
    )
    lists = inner or document
    specifiers = mapping(lists.get("specifiers")) | mapping(document.get("specifiers"))
    positions: dict[tuple[str, str], int] = {}
    needs: list[tuple[str, int, list[str]]] = []
    for registry in ("npm", "jsr"):
        for key, package in table(lists.get(registry)).items():
            match = _KEY.fullmatch(text(key))
            if match is None:
                continue
            described = table(package)
            needed = _needed(described)
            metadata = {"integrity": text(described.get("integrity")), "dependencies": needed}
            position = entries.add(match[1], match[2], metadata, qualifiers=_JSR if registry == "jsr" else {})
            positions[registry, f"{match[1]}@{match[2]}"] = position
            positions.setdefault((registry, match[1]), position)
            needs.append((registry, position, needed))
    for registry, position, needed in needs:
        for wanted in needed:
            for target in _targets(registry, wanted, specifiers):
                entries.relate(position, positions.get(target, -1))
    _remote(table(document.get("remote")), entries)


def _needed(package: Mapping[str, Any]) -> list[str]:
    found = []
    for field in ("dependencies", "optionalDependencies"):
        value = package.get(field)
        found += list(mapping(value).values()) if isinstance(value, dict) else texts(value)
    return found


def _targets(registry: str, wanted: str, specifiers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what a dependency means: `ms`, `ms@2.1.3_peer@1`, or what a specifier (`jsr:@std/path@^1`) resolved to."""
    for other in ("npm", "jsr"):
        if wanted.startswith(other + ":"):
            registry = other
            resolved = specifiers.get(wanted, "")
            base = wanted[len(other) + 1 :]
            name = base[:1] + base[1:].partition("@")[0]
            wanted = (
                resolved.removeprefix(other + ":")
                if "@" in resolved[1:]
                else f"{name}@{resolved}"
                if resolved
                else base
            )
            break
    match = _KEY.fullmatch(wanted)
    yield registry, f"{match[1]}@{match[2]}" if match is not None else wanted


def _remote(files: Mapping[str, Any], entries: Entries) -> None:
    """Add what addresses with a version in them name, each once."""
    for address, integrity in files.items():
        match = _REMOTE.fullmatch(text(address))
        if match is None:
            continue
        host = match[1].partition("/")[0]
        scheme = address.partition("://")[0]
        entries.add(
            match[1],
            match[2],
            {"url": text(address), "integrity": text(integrity)},
            namespace="/".join(match[1].split("/")[:-1]),
            qualifiers={"repository_url": f"{scheme}://{host}"},
        )
