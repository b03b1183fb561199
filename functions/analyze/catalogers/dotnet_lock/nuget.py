"""packages.lock.json.

Source: NuGet/Home's "Repeatable build" and `PackagesLockFileFormat.cs` of NuGet.Client: packages by target
framework and name, names in any case. Projects are not packages.
"""

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.lockfile.entries import Entries, mapping, table, text


def read(data: bytes, entries: Entries) -> None:
    """Read one; raises `ValueError` when it is none."""
    document = table(loads(data))
    if "version" not in document:
        raise ValueError("no version")
    for packages in table(document.get("dependencies")).values():
        positions: dict[str, int] = {}
        for name, package in table(packages).items():
            described = table(package)
            version = text(described.get("resolved"))
            if version:
                metadata = {
                    "name": text(name),
                    "version": version,
                    "contentHash": text(described.get("contentHash")),
                    "type": text(described.get("type")),
                }
                positions[name.lower()] = entries.add(name, version, metadata)
        for name, package in table(packages).items():
            for needed in mapping(table(package).get("dependencies")):
                entries.relate(positions.get(name.lower(), -1), positions.get(needed.lower(), -1))
