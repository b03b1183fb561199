"""composer.lock.

Source: `Composer\\Package\\Locker`. Its packages are described as in installed.json, those for development in
a list of their own. A package may be required by the name of what it provides or replaces.
"""

from collections import defaultdict
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.lockfile.entries import Entries, table, tables
from analyze.catalogers.php.composer import installed

_MOST = 10  # packages that provide one name


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = table(loads(data))
    development = tables(document.get("packages-dev"))
    packages = installed({"packages": tables(document.get("packages"))}, entries.reasons)
    packages += [one | {"development": True} for one in installed({"packages": development}, entries.reasons)]
    providers: dict[str, list[int]] = defaultdict(list)
    positions = []
    for package in packages:
        metadata = {key: value for key, value in package.items() if key != "license"}
        position = entries.add(package["name"], package["version"], metadata, licenses=package.get("license", ()))
        positions.append(position)
        for name in _names(package):
            if len(providers[name]) < _MOST:
                providers[name].append(position)
    for position, package in zip(positions, packages, strict=True):
        for name in package.get("require", ()):
            for provider in providers.get(name.lower(), ()):
                entries.relate(position, provider)


def _names(package: dict[str, Any]) -> set[str]:
    return {name.lower() for name in (package["name"], *package.get("provide", ()), *package.get("replace", ()))}
