"""Making packages of a dpkg or opkg database."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.dpkg import companions, copyright, paths, status  # noqa: A004 (the file's name)
from analyze.catalogers.dpkg.packages import Control, Database, relations
from analyze.catalogers.license_text import Texts
from analyze.catalogers.lookup import Lookup, sightings
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons, content, decoded
from cargohold.model import Package, Relationship

_LIMIT = 16 << 20
_PATH_LISTS: dict[str, Callable[[bytes, Reasons], list[str]]] = {
    "md5sums": companions.md5sums,
    "conffiles": companions.conffiles,
    "list": companions.file_list,
}


class DpkgCataloger:
    """Packages that dpkg or opkg installed, with the files that they own.

    Facts: `detail["kind"]` is status, control, md5sums, conffiles, list, diversions or copyright, beside
    it `packages` (see `status.installed`), `files`, `diversions` or `licenses`.
    """

    name: ClassVar[str] = "dpkg"
    version: ClassVar[int] = 2

    def patterns(self) -> Patterns:
        """Want the databases, the lists of files and the copyright files."""
        return Patterns(
            basenames=frozenset({b"status", b"diversions", b"copyright"}),
            extensions=frozenset({b"md5sums", b"list", b"conffiles", b"control"}),
            paths=(rb"(?:.*/)?lib/dpkg/status\.d/[^/]+",),
            max_size=_LIMIT,
        )

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one of them; None when it lies elsewhere, or when vcpkg wrote it."""
        kind = paths.kind(file.path)
        if not kind:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        detail: dict[str, Any] = {"kind": kind}
        identity: list[dict[str, Any]] = []
        if kind in ("status", "control"):
            packages = status.installed(decoded(data), reasons)
            if packages is None:
                return None
            detail["packages"] = packages
            identity = [_key(package) for package in packages]
        elif kind == "copyright":
            detail["licenses"] = copyright.licenses(decoded(data))
        elif kind == "diversions":
            detail["diversions"] = companions.diversions(data, reasons)
        else:
            detail["files"] = _PATH_LISTS[kind](data, reasons)
        return Facts(identity, detail, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the packages of each database, with the files, licences and locations found beside it."""
        lookup, texts = Lookup(view, self.name), Texts(view)
        controls = _controls(lookup.found)
        for kind in ("status", "control"):
            found = [one for one in lookup.found if one.facts.detail.get("kind") == kind]
            database: Database | None = None
            for evidence, position, key in sightings(view, self.name, found):
                if database is None or database.evidence is not evidence:
                    database = Database(view, lookup, texts, evidence)
                record = evidence.facts.detail["packages"][position]
                control = controls.pop(_control_key(evidence, record), None) if database.opkg else None
                if kind == "control" and control is None:
                    continue  # the status file said it
                yield database.finding(position, key, record, control if kind == "status" else None)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:  # noqa: ARG002
        """Relate what a package depends on to it, within one database."""
        return relations(packages)


def _key(package: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": package["package"],
        "version": package.get("version", UNKNOWN_VERSION),
        "architecture": package.get("architecture", ""),
    }


def _controls(found: list[FileFacts]) -> dict[tuple[bytes, str, str], Control]:
    """Return opkg's control files: they say more of the packages that its status file lists."""
    return {
        _control_key(evidence, record): (evidence, record)
        for evidence in found
        if evidence.facts.detail.get("kind") == "control"
        for record in evidence.facts.detail["packages"]
    }


def _control_key(evidence: FileFacts, record: dict[str, Any]) -> tuple[bytes, str, str]:
    return paths.root(evidence.path), record["package"], record.get("version", "")
