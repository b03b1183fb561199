"""package-lock.json and npm-shrinkwrap.json.

Source: npm's "package-lock.json" documentation. Version 1 nests `dependencies`; versions 2 and 3 have
`packages`, by where they lie. Links to workspaces are the packages that they lead to.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.javascript_lock.places import Places, nearest
from analyze.catalogers.lockfile.entries import Entries, mapping, table, text

_INSIDE = "/node_modules/"
_ALIAS = "npm:"
_NEEDED = ("dependencies", "optionalDependencies")


def read(data: bytes, entries: Entries) -> None:
    """Read either form; the older one only where the other is not there."""
    document = table(loads(data))
    packages = table(document.get("packages")) or _places(document)
    positions: dict[str, int] = {}
    needs: dict[str, list[str]] = {}
    for place, package in packages.items():
        if not isinstance(package, dict) or package.get("link") is True:
            continue
        name = text(package.get("name")) or _called(place)
        needs[place] = _needed(package)
        if name and text(package.get("version")):
            positions[place] = entries.add(name, package["version"], _metadata(package), licenses=_licenses(package))
    _follow(packages, positions)
    places = Places()
    for place, position in positions.items():
        directory, modules, name = place.rpartition("node_modules/")
        if modules:
            places.add(directory.removesuffix("/"), name, position)
    for place, wanted in needs.items():
        if place in positions and wanted:
            upwards = places.upwards(place)
            for name in wanted:
                entries.relate(positions[place], nearest(upwards, name))


def _called(place: str) -> str:
    _, modules, name = place.rpartition("node_modules/")
    return name if modules else place.rpartition("/")[2]


def _needed(package: Mapping[str, Any]) -> list[str]:
    names = [name for field in _NEEDED for name in table(package.get(field))]
    peers = table(package.get("peerDependencies"))
    if peers:
        meta = table(package.get("peerDependenciesMeta"))
        names += [name for name in peers if table(meta.get(name)).get("optional") is not True]
    return names


def _metadata(package: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resolved": text(package.get("resolved")),
        "integrity": text(package.get("integrity")),
        "dependencies": mapping(package.get("dependencies")),
        "development": package.get("dev") is True,
    }


def _licenses(package: Mapping[str, Any]) -> list[str]:
    license_ = package.get("license")
    values = license_ if isinstance(license_, list) else [license_]
    return [name for one in values[:100] if (name := text(one) or text(table(one).get("type")))]


def _follow(packages: Mapping[str, Any], positions: dict[str, int]) -> None:
    """Let links stand for what they lead to."""
    for place, package in packages.items():
        if isinstance(package, dict) and package.get("link") is True:
            target = positions.get(text(package.get("resolved")))
            if target is not None:
                positions[place] = target


def _places(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return version 1's packages as the later versions write them."""
    found: dict[str, dict[str, Any]] = {}
    waiting = deque([("", table(document.get("dependencies")))])
    while waiting:
        place, packages = waiting.popleft()
        for name, package in packages.items():
            if not isinstance(package, dict):
                continue
            own = (place + _INSIDE if place else _INSIDE[1:]) + name
            version = text(package.get("version"))
            alias, _, actual = version.removeprefix(_ALIAS).rpartition("@")
            is_alias = version.startswith(_ALIAS) and alias
            found[own] = {
                "name": alias if is_alias else name,
                "version": actual if is_alias else version,
                "resolved": package.get("resolved"),
                "integrity": package.get("integrity"),
                "dev": package.get("dev"),
                "dependencies": package.get("requires"),
            }
            waiting.append((own, table(package.get("dependencies"))))
    return found
