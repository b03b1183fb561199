"""uv.lock.

Source: `crates/uv-resolver/src/lock` of astral-sh/uv: `package` tables; a dependency has a version only
where its name is there in several. Packages of the project itself are among them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from analyze.catalogers.lockfile import toml
from analyze.catalogers.lockfile.entries import Entries, table, tables, text, texts
from analyze.catalogers.python_lock.named import Named

_MOST = 5000  # dependencies of one package


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    named = Named(entries)
    document = toml.loads(data)
    for package in tables(document.get("package")) or tables(document.get("distribution")):
        name, version = text(package.get("name")), text(package.get("version"))
        dependencies = list(_dependencies(package.get("dependencies")))
        extras = table(package.get("optional-dependencies"))
        metadata = {
            "index": text(table(package.get("source")).get("registry")),
            "dependencies": dependencies,
            "extras": [
                {"name": text(extra), "dependencies": [one["name"] for one in _dependencies(needed)]}
                for extra, needed in list(extras.items())[:_MOST]
            ],
        }
        position = entries.add(name, version, metadata)
        needed = [*dependencies, *(one for value in list(extras.values())[:_MOST] for one in _dependencies(value))]
        named.add(name, version, position, [(one["name"], one.get("version", "")) for one in needed])
    named.relate()


def _dependencies(value: Any) -> Iterator[dict[str, Any]]:
    for one in tables(value)[:_MOST]:
        fields: Mapping[str, Any] = {
            "name": text(one.get("name")),
            "version": text(one.get("version")),
            "markers": text(one.get("marker")),
            "extras": texts(one.get("extra")),
        }
        yield {key: value for key, value in fields.items() if value or key == "name"}
