"""pnpm-lock.yaml, versions 5 to 9.

Source: pnpm/spec's lockfile documents. What lies in `packages` is keyed by name and version: `/name/1.0.0_peers`
in version 5, `/name@1.0.0(peers)` in version 6, `name@1.0.0` in version 9, whose `snapshots` have the
dependencies. Packages only of `dev` are for development; version 9 says that by what its importers reach.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analyze.catalogers.lockfile import yaml
from analyze.catalogers.lockfile.entries import Entries, mapping, table, text
from analyze.catalogers.text import decoded

_Key = tuple[str, str]  # name and version
_ELSEWHERE = ("link:", "file:", "workspace:")
_NEEDED = ("dependencies", "optionalDependencies")


def read(data: bytes, entries: Entries) -> None:
    """Read any version."""
    document = table(yaml.loads(decoded(data)))
    version = text(document.get("lockfileVersion"))
    if not version:
        raise ValueError("no lockfileVersion")
    slashes = version.startswith(("5", "4", "3"))
    packages = table(document.get("packages"))
    snapshots = table(document.get("snapshots"))
    development = _development(document, snapshots) if snapshots else None
    positions: dict[_Key, int] = {}
    for key, package in packages.items():
        name, wanted = identity = _identity(key, table(package), slashes)
        if not name or not wanted:
            continue
        described = table(package)
        metadata = {
            "resolution": mapping(described.get("resolution")),
            "dependencies": mapping(described.get("dependencies")),
            "development": identity in development if development is not None else described.get("dev") == "true",
        }
        positions[identity] = entries.add(name, wanted, metadata)
    for key, package in (snapshots or packages).items():
        position = positions.get(_identity(key, table(package), slashes), -1)
        described = table(package)
        if snapshots and position >= 0 and (needed := mapping(described.get("dependencies"))):
            entries.found[position].setdefault("metadata", {})["dependencies"] = needed
        for wanted_key in _wanted(described, slashes):
            entries.relate(position, positions.get(wanted_key, -1))


def _identity(key: str, package: Mapping[str, Any], slashes: bool) -> _Key:
    """Return name and version of a key; where the key is an address, what the package itself says."""
    name, version = text(package.get("name")), text(package.get("version"))
    if name and version:
        return name, version
    key = key.removeprefix("/").partition("(")[0]
    if slashes:
        name, _, version = key.rpartition("/")
        return name, version.partition("_")[0]
    name, _, version = key[1:].partition("@")
    return (
        (key[:1] + name, version) if version and ":" not in version else (key[:1] + name, text(package.get("version")))
    )


def _wanted(package: Mapping[str, Any], slashes: bool) -> Iterator[_Key]:
    for field in _NEEDED:
        for name, version in mapping(package.get(field)).items():
            yield _reference(name, version, slashes)


def _reference(name: str, version: str, slashes: bool) -> _Key:
    """Return what a dependency's version means: of an alias, a whole key."""
    if version.startswith(_ELSEWHERE):
        return "", ""
    if version.startswith("/"):
        return _identity(version, {}, slashes)
    version = version.partition("(")[0]
    if slashes:
        return name, version.partition("_")[0]
    return _identity(version, {}, slashes) if "@" in version[1:] and "://" not in version else (name, version)


def _development(document: Mapping[str, Any], snapshots: Mapping[str, Any]) -> set[_Key]:
    """Return what is reached from dependencies for development alone."""
    needs: dict[_Key, list[_Key]] = {}
    for key, package in snapshots.items():
        needs.setdefault(_identity(key, {}, False), []).extend(_wanted(table(package), False))
    importers = [one for one in table(document.get("importers")).values() if isinstance(one, dict)]
    used = _reached(_imported(importers, _NEEDED), needs)
    return _reached(_imported(importers, ("devDependencies",)), needs) - used


def _imported(importers: Iterable[Mapping[str, Any]], fields: Iterable[str]) -> Iterator[_Key]:
    for importer in importers:
        for field in fields:
            for name, one in table(importer.get(field)).items():
                yield _reference(name, text(table(one).get("version")), False)


def _reached(start: Iterable[_Key], needs: Mapping[_Key, list[_Key]]) -> set[_Key]:
    reached: set[_Key] = set()
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += needs.get(key, ())
    return reached
