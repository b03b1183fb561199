"""Making packages of store paths."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import sightings
from analyze.catalogers.nix import database, derivation
from analyze.catalogers.nix.names import StoreName, parse
from analyze.catalogers.nix.packages import Store, relations
from analyze.catalogers.sqlite_memory import MAGIC
from analyze.catalogers.text import Reasons, content, decoded
from cargohold.model import Package, Relationship
from cargohold.paths import to_text

_LIMIT = 64 << 20
_DERIVATION = 4 << 20
_ANY = 1 << 40  # what lies in a store path is no unknown, however large: it is not read
_DATABASE = re.compile(rb"(?:.*/)?nix/var/nix/db/db\.sqlite(?P<log>-wal)?", re.DOTALL)
_BELOW = rb"nix/store/[0-9a-z]{32}-[^/]+(?:/[^/]+){0,3}"
_STORE_PATH = re.compile(rb"nix/store/(?P<base>[^/]+)(?P<below>/.*)?", re.DOTALL)


class NixCataloger:
    """Store paths that are packages.

    Facts: `detail["kind"]` is database (beside it `packages`, see `database`), derivation (see
    `derivation`) or path: a file in a store path or that path itself. Directories reach no cataloger, so
    a store path is known by the files near its top, which say no more than where they are.
    """

    name: ClassVar[str] = "nix"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want the database, and what lies near the top of store paths."""
        names = frozenset({b"db.sqlite", b"db.sqlite-wal"})
        return Patterns(basenames=names, paths=(_BELOW,), max_size=_ANY, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; the content of files in store paths is never looked at."""
        place = _STORE_PATH.fullmatch(file.path)
        if place is not None:
            base = to_text(place["base"])
            if base.endswith(".drv") and place["below"] is None:
                return _derivation(file)
            name = parse(base)
            return None if name is None else Facts([_key(name)], {"kind": "path"})
        match = _DATABASE.fullmatch(file.path)
        return None if match is None else _logged(file) if match["log"] else _database(file)

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the packages of each database, then of store paths that no database has."""
        found = list(view.facts(self.name))
        databases = [one for one in found if one.facts.detail.get("kind") == "database"]
        store = Store(view, found)
        for evidence, position, key in sightings(view, self.name, databases):
            yield Finding(store.registered(evidence, evidence.facts.detail["packages"][position]), evidence, key)
        for evidence, _, key in sightings(view, self.name, store.unregistered(databases)):
            yield Finding(store.unnamed(evidence, key), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate what a store path refers to, or was built with when no database says, to it."""
        return relations(list(view.facts(self.name)), packages)


def _key(name: StoreName) -> dict[str, Any]:
    return {"name": name.name, "version": name.version, "output": name.output, "hash": name.hash}


def _derivation(file: LayerFile) -> Facts | None:
    if file.head(7) != b"Derive(":
        return None
    data = content(file, _DERIVATION)
    if isinstance(data, Facts):
        return data
    try:
        return Facts(detail={"kind": "derivation", **derivation.derivation(decoded(data))})
    except ValueError as error:
        return Facts(unknowns=[str(error)])


def _database(file: LayerFile) -> Facts | None:
    if file.head(len(MAGIC)) != MAGIC:
        return Facts(unknowns=["no SQLite database"]) if file.size else None
    data = content(file, _LIMIT)
    if isinstance(data, Facts):
        return data
    reasons = Reasons()
    packages = database.packages(data, reasons)
    identity = [
        {"name": one["name"], "version": one["version"], "output": one.get("output", ""), "hash": one["storeHash"]}
        for one in packages
    ]
    return Facts(identity, {"kind": "database", "packages": packages}, reasons.listed())


def _logged(file: LayerFile) -> Facts | None:
    """Say that a write-ahead log has what the database beside it has not; an empty one says nothing."""
    if not file.size:
        return None
    return Facts(unknowns=["changes to the database beside it that were not carried over are not read"])
