"""poetry.lock.

Source: `poetry/packages/locker.py`: `package` tables with their own `dependencies`, `extras` and `source`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from analyze.catalogers.lockfile import toml
from analyze.catalogers.lockfile.entries import Entries, table, tables, text, texts
from analyze.catalogers.python_lock.named import Named

_INDEX = "https://pypi.org/simple"  # of packages that name no source
_MOST = 5000  # dependencies of one package


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    named = Named(entries)
    for package in tables(toml.loads(data).get("package")):
        name, version = text(package.get("name")), text(package.get("version"))
        dependencies = list(_dependencies(package))
        metadata = {
            "index": text(table(package.get("source")).get("url")) or _INDEX,
            "dependencies": dependencies,
            "extras": [
                {"name": text(extra), "dependencies": texts(needed)}
                for extra, needed in list(table(package.get("extras")).items())[:_MOST]
            ],
            "development": _development(package),
        }
        position = entries.add(name, version, metadata)
        needed = [(one["name"], "") for one in dependencies if "extra ==" not in one.get("markers", "")]
        named.add(name, version, position, needed)
    named.relate()


def _development(package: Mapping[str, Any]) -> bool:
    """Tell whether only groups other than the main one want a package; older files say `category`."""
    groups = texts(package.get("groups"))
    return package.get("category") == "dev" or (bool(groups) and "main" not in groups)


def _dependencies(package: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield Syft's fields of each dependency: a version, an object, or a list of objects for several markers."""
    for name, wanted in list(table(package.get("dependencies")).items())[:_MOST]:
        for one in wanted[:_MOST] if isinstance(wanted, list) else [wanted]:
            described = table(one)
            fields = {
                "name": text(name),
                "version": text(one) or text(described.get("version")),
                "optional": described.get("optional") is True,
                "markers": text(described.get("markers")),
                "extras": texts(described.get("extras")),
            }
            yield {key: value for key, value in fields.items() if value or key in ("name", "version", "optional")}
