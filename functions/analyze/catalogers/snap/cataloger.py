"""Making packages of the files of snaps."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.inflate import inflated
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.snap import files
from analyze.catalogers.text import UNKNOWN_VERSION, content, decoded
from cargohold.model import Package, Relationship, Scope
from cargohold.paths import to_text
from cargohold.purl import purl

_LIMIT = 16 << 20
_CHANGELOG = 1 << 10  # bytes: its first line
_FILE = re.compile(
    rb"(?P<root>(?:.*/)?)(?:meta/(?P<snap>snap\.yaml)|usr/share/snappy/(?P<dpkg>dpkg\.yaml)"
    rb"|snap/(?:(?P<manifest>manifest\.yaml)|(?P<snapcraft>snapcraft\.yaml))"
    rb"|doc/linux-modules-(?P<changelog>[^/]+)/changelog\.Debian\.gz)",
    re.DOTALL,
)
_READERS: dict[str, Callable[[str], files.Said]] = {
    "snap": files.snap,
    "dpkg": files.dpkg,
    "manifest": files.manifest,
    "snapcraft": files.snapcraft,
}


class SnapCataloger:
    """Snaps and the Debian packages in them.

    Facts: `detail["kind"]`, `detail["packages"]` and `detail["snap"]`, see `files`.
    """

    name = "snap"
    version = 1

    def patterns(self) -> Patterns:
        """Want the files that snapcraft and Ubuntu put into snaps."""
        return Patterns(
            basenames=frozenset({b"snap.yaml", b"dpkg.yaml", b"snapcraft.yaml"}),
            paths=(rb"(?:.*/)?snap/manifest\.yaml", rb"(?:.*/)?doc/linux-modules-[^/]+/changelog\.Debian\.gz"),
            max_size=_LIMIT,
        )

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it lies elsewhere or names no package."""
        match = _FILE.fullmatch(file.path)
        if match is None:
            return None
        kind = next(key for key, value in match.groupdict().items() if value and key != "root")
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        if kind == "changelog":
            try:
                data = inflated(data, _CHANGELOG)
            except ValueError as error:
                return Facts(unknowns=[str(error)])
        text = decoded(data)
        packages, snap = (
            files.changelog(text, to_text(match["changelog"])) if kind == "changelog" else _READERS[kind](text)
        )
        if not packages:
            return None
        identity = [
            {
                "name": one["name"],
                "version": one["version"] or UNKNOWN_VERSION,
                "architecture": one["architecture"],
                "debian": one["debian"],
            }
            for one in packages
        ]
        return Facts(identity, {"kind": kind, "packages": packages, "snap": snap})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each; of a kernel's change log only where no package database speaks for it."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            if evidence.facts.detail["kind"] != "changelog" or not _has_database(view, evidence.path):
                yield Finding(_package(key, evidence.facts.detail["packages"][position], evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate nothing: which part of a snap needs which package is not written down."""
        return iter(())


def _has_database(view: ImageView, path: bytes) -> bool:
    match = _FILE.fullmatch(path)
    return match is not None and view.exists(match["root"].removesuffix(b"usr/share/") + b"var/lib/dpkg/status")


def _package(key: dict[str, Any], record: dict[str, Any], evidence: FileFacts) -> Package:
    snap: dict[str, str] = evidence.facts.detail["snap"]
    name, version, architecture = key["name"], record["version"], record["architecture"]
    metadata = {**snap, "architecture": architecture} if architecture else snap
    if record["debian"]:
        made = purl("deb", "ubuntu", name, version, {"arch": architecture})
    else:
        if record.get("declared"):
            metadata = {"snapType": "app", "snapName": name, "architecture": architecture}
        qualifiers = {"arch": architecture, "base": metadata.get("base", ""), "type": metadata.get("snapType", "")}
        made = purl("generic", "snap", name, version, qualifiers)
    return Package(
        cataloger="snap",
        type="deb",
        name=name,
        version=key["version"],
        purl=made,
        namespace="ubuntu" if record["debian"] else "snap",
        architecture=architecture,
        scope=Scope.DECLARED if record.get("declared") else Scope.VISIBLE,
        locations=(location(evidence),),
        metadata_type="snap-entry",
        metadata={field: value for field, value in metadata.items() if value},
    )
