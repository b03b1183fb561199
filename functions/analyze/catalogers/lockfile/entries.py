"""What a reader of a lock file collects: packages, and which of them need which."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analyze.catalogers.text import PACKAGES, PATHS, UNKNOWN_VERSION, Reasons, clean, is_name

_MOST = 5000  # items of one field
LINES = 1_000_000  # of one file


class Entries:
    """The packages of one lock file, each name, version and set of qualifiers once.

    An entry is a dictionary: `name`, `version`, `metadata` (Syft's fields), `namespace`, `qualifiers`,
    `subpath` (of the purl, where they are not part of the name), `licenses`, and `needs` (positions of
    the entries that it depends on). Empty fields are absent.
    """

    def __init__(self, reasons: Reasons) -> None:
        self.found: list[dict[str, Any]] = []
        self.reasons = reasons
        self._positions: dict[tuple[Any, ...], int] = {}
        self._related: set[tuple[int, int]] = set()

    def add(
        self,
        name: Any,
        version: Any,
        metadata: Mapping[str, Any] | None = None,
        *,
        namespace: str = "",
        qualifiers: Mapping[str, str] | None = None,
        subpath: str = "",
        licenses: Iterable[str] = (),
    ) -> int:
        """Add a package and return its position; -1 for one without a name, or one too many."""
        name, version = text(name), text(version) or UNKNOWN_VERSION
        if not is_name(name):
            return -1
        kept = {key: value for key, value in (qualifiers or {}).items() if value}
        key = (name, version, namespace, subpath, *sorted(kept.items()))
        known = self._positions.get(key)
        if known is not None:
            return known
        if len(self.found) >= PACKAGES:
            self.reasons.add(f"more than {PACKAGES} packages")
            return -1
        entry = {
            "name": name,
            "version": version,
            "namespace": namespace,
            "qualifiers": kept,
            "subpath": subpath,
            "licenses": list(dict.fromkeys(licenses)),
            "metadata": {field: value for field, value in (metadata or {}).items() if value},
        }
        self._positions[key] = len(self.found)
        self.found.append({field: value for field, value in entry.items() if value})
        return len(self.found) - 1

    def relate(self, dependent: int, dependency: int) -> None:
        """Note that one position needs another; no positions, and a package that needs itself, are nothing."""
        pair = (dependent, dependency)
        if dependent >= 0 <= dependency and dependent != dependency and pair not in self._related:
            if len(self._related) >= PATHS:
                self.reasons.add(f"more than {PATHS} dependencies")
                return
            self._related.add(pair)
            self.found[dependent].setdefault("needs", []).append(dependency)

    def identity(self) -> list[dict[str, Any]]:
        """Return what identifies each entry, in their order."""
        identity = []
        for entry in self.found:
            key = {"name": entry["name"], "version": entry["version"]}
            more = [entry.get("namespace", ""), entry.get("subpath", ""), *map("=".join, qualifiers(entry))]
            if any(more):
                key["qualifiers"] = "&".join(more)
            identity.append(key)
        return identity


def qualifiers(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the qualifiers of an entry, sorted."""
    return sorted(entry.get("qualifiers", {}).items())


def text(value: Any) -> str:
    """Return a text, or "" for anything else."""
    return clean(value) if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    """Return the texts of a list, without empty ones."""
    return [found for one in value[:_MOST] if (found := text(one))] if isinstance(value, list) else []


def number(value: Any) -> int:
    """Return a small number, also from text, or 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000_000_000 else 0


def mapping(value: Any) -> dict[str, str]:
    """Return the texts of an object by their keys."""
    if not isinstance(value, dict):
        return {}
    return {clean(key): text(one) for key, one in list(value.items())[:_MOST] if isinstance(key, str) and clean(key)}


def table(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def lines(document: str, entries: Entries) -> Iterator[str]:
    """Yield the lines of a text; what follows too many of them is an unknown."""
    for number_, line in enumerate(document.split("\n")):
        if number_ >= LINES:
            entries.reasons.add(f"more than {LINES} lines")
            return
        yield line
