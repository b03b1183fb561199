"""Making packages of store paths."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import Lookup, sightings
from analyze.catalogers.nix.names import StoreName, parse
from analyze.catalogers.nix.packages import Store, relations
from analyze.catalogers.nix.registered import Registered
from analyze.catalogers.sqlite import MAGIC, log
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

    Facts: `detail["kind"]` is database or log (beside it what `database` says), derivation (see
    `derivation`) or path: a file in a store path or that path itself. Directories reach no cataloger, so
    a store path is known by the files near its top, which say no more than where they are.
    """

    name: ClassVar[str] = "nix"
    version: ClassVar[int] = 2

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
        lookup = Lookup(view, self.name)
        registered, store = Registered(lookup), Store(view, lookup.found)
        for evidence, position, key in sightings(view, self.name, registered.found):
            if position in registered.installed.positions(evidence):
                yield Finding(store.registered(evidence, evidence.facts.detail["packages"][position]), evidence, key)
        for evidence, _, key in sightings(view, self.name, store.unregistered(registered.paths())):
            yield Finding(store.unnamed(evidence, key), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate what a store path refers to, or was built with when no database says, to it."""
        return relations(Lookup(view, self.name), packages)


def _key(name: StoreName) -> dict[str, Any]:
    return {"name": name.name, "version": name.version, "output": name.output, "hash": name.hash}


def _derivation(file: LayerFile) -> Facts | None:
    from analyze.catalogers.nix import derivation

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
    from analyze.catalogers.nix import database

    if file.head(len(MAGIC)) != MAGIC:
        return Facts(unknowns=["no SQLite database"]) if file.size else None
    if file.size > _LIMIT:
        return Facts(unknowns=[f"larger than {_LIMIT} bytes"])
    reasons = Reasons()
    with file.open() as stream:
        return _facts("database", database.database(stream, file.size, reasons), reasons)


def _logged(file: LayerFile) -> Facts | None:
    """Read a write-ahead log; an empty one says nothing."""
    from analyze.catalogers.nix import database

    if file.size > log.LARGEST:
        return Facts(unknowns=[f"larger than {log.LARGEST} bytes"])
    reasons = Reasons()
    with file.open() as stream:
        return _facts("log", database.log(stream, reasons), reasons) if file.size else None


def _facts(kind: str, found: dict[str, Any] | None, reasons: Reasons) -> Facts | None:
    if found is None:
        return Facts(unknowns=reasons.listed()) if reasons.listed() else None
    identity = [
        {"name": one["name"], "version": one["version"], "output": one.get("output", ""), "hash": one["storeHash"]}
        for one in found["packages"]
    ]
    return Facts(identity, {"kind": kind, **found}, reasons.listed())
