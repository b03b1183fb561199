"""Pipfile.lock.

Source: pypa/pipfile's README and `pipenv/utils/locking.py`: objects by name in `default`, `develop` and
further categories. Which packages need which it does not say.
"""

from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.lockfile.entries import Entries, table, tables, text, texts

_META = "_meta"


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = table(loads(data))
    indexes = {text(one.get("name")): text(one.get("url")) for one in tables(table(document.get(_META)).get("sources"))}
    first = next(iter(indexes.values()), "")
    categories = sorted(set(document) - {_META}, key=lambda one: (one != "default", one))
    for category in categories:
        for name, package in table(document[category]).items():
            described = table(package)
            version = text(described.get("version"))
            if version.startswith("=="):  # others are of directories and repositories
                metadata = {
                    "hashes": texts(described.get("hashes")),
                    "index": _index(described, indexes, first),
                    "development": category == "develop",
                }
                entries.add(name, version.lstrip("="), metadata)


def _index(package: dict[str, Any], indexes: dict[str, str], first: str) -> str:
    name = text(package.get("index"))
    return indexes.get(name, name) or first
