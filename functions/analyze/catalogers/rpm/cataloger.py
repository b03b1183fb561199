"""Making packages of rpm's databases."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import Lookup, sightings
from analyze.catalogers.rpm import paths
from analyze.catalogers.rpm.packages import distributed, package, relations
from analyze.catalogers.rpm.records import Records, version
from analyze.catalogers.sqlite import MAGIC, Installed, Tree, log, stored
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons, content, decoded
from cargohold.model import Package, Relationship

_LIMIT = 512 << 20
_MANIFEST_LIMIT = 16 << 20
_HEAD = 16


class RpmCataloger:
    """Packages that rpm installed, with the files that they own.

    Facts: `detail["kind"]` is database, log or manifest, `packages` (see `records` and `manifest`) the
    packages. Of SQLite's database and log also `rows` and `tree`, see `sqlite.joined`: what is installed is
    decided when both are known.
    """

    name: ClassVar[str] = "rpm"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want the databases, by name, and SQLite's log."""
        names = (b"Packages", b"Packages.db", b"rpmdb.sqlite", b"rpmdb.sqlite-wal", b"container-manifest-2")
        return Patterns(basenames=frozenset(names), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it lies elsewhere, or is empty."""
        from analyze.catalogers.rpm import manifest

        kind = paths.kind(file.path)
        if not kind or not file.size:
            return None
        if kind == "manifest":
            data = content(file, _MANIFEST_LIMIT)
            if isinstance(data, Facts):
                return data
            reasons = Reasons()
            found = manifest.packages(decoded(data), reasons)
            return _facts(found, {"kind": kind}, reasons)
        return _log(file) if kind == "log" else _database(file)

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the packages of each database."""
        lookup = Lookup(view, self.name)
        installed = Installed(lookup)
        for evidence, position, key in sightings(view, self.name, lookup.found):
            detail = evidence.facts.detail
            if position in installed.positions(evidence):
                record = detail["packages"][position]
                made = package(record, evidence)
                if detail["kind"] != "manifest":  # as Syft has it
                    distributed(made, record, view.distro)
                yield Finding(made, evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what a package requires to it, within one database."""
        return relations(packages)


def _facts(packages: list[dict[str, Any]], detail: dict[str, Any], reasons: Reasons) -> Facts:
    identity = [
        {
            "name": one["name"],
            "version": version(one) or UNKNOWN_VERSION,
            "architecture": one.get("architecture", ""),
        }
        for one in packages
    ]
    return Facts(identity, {**detail, "packages": packages}, reasons.listed())


def _database(file: LayerFile) -> Facts:
    from analyze.catalogers.rpm import bdb, ndb, sqlite

    head = file.head(_HEAD)
    reasons = Reasons()
    records = Records(reasons)
    detail: dict[str, Any] = {"kind": "database"}
    with file.open() as stream:
        if head.startswith(MAGIC):
            tree = Tree()
            detail["rows"] = [
                row for row, blob in sqlite.blobs(stream, file.size, reasons, tree) if records.add(blob, row)
            ]
            detail["tree"] = stored(tree)
        elif head.startswith(ndb.MAGIC):
            for row, blob in ndb.blobs(stream, file.size, reasons):
                records.add(blob, row)
        elif bdb.is_bdb(head):
            for row, blob in bdb.blobs(stream, file.size, reasons):
                records.add(blob, row)
        else:
            reasons.add("no database of a format that rpm has")
    return _facts(records.found, detail, reasons)


def _log(file: LayerFile) -> Facts | None:
    from analyze.catalogers.rpm import sqlite

    if file.size > log.LARGEST:
        return Facts(unknowns=[f"larger than {log.LARGEST} bytes"])
    reasons = Reasons()
    records = Records(Reasons())  # rows of pages that the table has left may be anything
    tree = Tree()
    with file.open() as stream:
        rows = [row for row, blob in sqlite.logged(stream, reasons, tree) if records.add(blob, row)]
    if not (tree.interiors or tree.leaves or reasons.listed()):
        return None
    detail = {"kind": "log", "rows": rows, "tree": stored(tree)}
    return _facts(records.found, detail, reasons)
