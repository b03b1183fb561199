"""pylock.toml and pylock.NAME.toml.

Source: PEP 751. Packages without a version are of directories and repositories.
"""

from analyze.catalogers.lockfile import toml
from analyze.catalogers.lockfile.entries import Entries, tables, text
from analyze.catalogers.python_lock.named import Named


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = toml.loads(data)
    if "lock-version" not in document:
        raise ValueError("no lock-version")
    named = Named(entries)
    for package in tables(document.get("packages")):
        name, version = text(package.get("name")), text(package.get("version"))
        needed = [(text(one.get("name")), text(one.get("version"))) for one in tables(package.get("dependencies"))]
        metadata = {
            "index": text(package.get("index")),
            "marker": text(package.get("marker")),
            "requiresPython": text(package.get("requires-python")),
            "dependencies": [one for one, _ in needed if one],
        }
        if version:
            position = entries.add(name, version, metadata)
            named.add(name, version, position, [pair for pair in needed if pair[0]])
    named.relate()
