"""Making packages of what Bitnami installs."""

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import Reasons, content
from cargohold.model import License, Package, Relationship, Scope
from cargohold.paths import to_text

_LIMIT = 16 << 20
_COMPONENTS = b".bitnami_components.json"
_PATH = re.compile(rb"(?:.*/)?opt/bitnami/(?:\.bitnami_components\.json|(?:.*/)?\.spdx-[^/]*\.spdx)", re.DOTALL)
_MOST = 50_000  # files of one directory


class BitnamiCataloger:
    """Packages under /opt/bitnami: unlike other bills of materials, Bitnami's come with what they describe.

    Facts: `packages`, see `documents`.
    """

    name: ClassVar[str] = "bitnami"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want Bitnami's documents."""
        return Patterns(basenames=frozenset({_COMPONENTS}), extensions=frozenset({b"spdx"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it lies elsewhere, or is no SPDX in JSON."""
        from analyze.catalogers.bitnami.documents import described, listed

        if not _PATH.fullmatch(file.path):
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        try:
            document = loads(data)
        except ValueError as error:
            return Facts(unknowns=[f"no JSON: {str(error)[:200]}"])
        if file.path.endswith(_COMPONENTS):
            packages = listed(document)
        else:
            packages = described(document, reasons) if isinstance(document, dict) else []
        identity = [
            {"name": one["name"], "version": one["version"], "architecture": one.get("architecture", "")}
            for one in packages
        ]
        return Facts(identity, {"packages": packages}, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each; the main one of a directory owns what the others there do not."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            packages = evidence.facts.detail["packages"]
            yield Finding(_package(view, evidence, packages[position]), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:  # noqa: ARG002
        """Relate nothing: that one contains the others is no dependency."""
        return ()


def _package(view: ImageView, evidence: FileFacts, record: dict[str, Any]) -> Package:
    from analyze.catalogers.bitnami.documents import revision

    at = location(evidence)
    directory = at.path.rpartition("/")[0]
    if evidence.path.endswith(_COMPONENTS):
        path, files = f"{directory}/{record['name']}", []
    elif record.get("main"):
        path, files = directory, _owned(view, evidence)
    else:
        path, files = directory, _joined(directory, record.get("files", ()))
    metadata = {
        "name": record["name"],
        "arch": record.get("architecture", ""),
        "distro": record.get("distro", ""),
        "revision": revision(record["version"]),
        "version": record["version"].removesuffix("-" + revision(record["version"])),
        "path": path,
    }
    return Package(
        cataloger="bitnami",
        type="bitnami",
        name=record["name"],
        version=record["version"],
        purl=record["purl"],
        architecture=record.get("architecture", ""),
        licenses=tuple(License(value, expression(value), path=at.path) for value in record.get("licenses", ())),
        locations=(at,),
        files=tuple(files),
        metadata_type="bitnami-sbom-entry",
        metadata={field: value for field, value in metadata.items() if value},
    )


def _owned(view: ImageView, evidence: FileFacts) -> list[str]:
    """Return the files in the directory of a document, but for itself and those of its other packages.

    None where several documents share a directory: which file belongs to which is not said. None of a
    hidden document either: what lies there now is another's.
    """
    directory = evidence.path.rpartition(b"/")[0]
    documents = [name for name in view.children(directory) if name.startswith(b".spdx-") and name.endswith(b".spdx")]
    if view.scope is Scope.HIDDEN or len(documents) != 1:
        return []
    base = location(evidence).path.rpartition("/")[0]
    others = {
        path
        for record in evidence.facts.detail["packages"]
        if not record.get("main")
        for path in _joined(base, record.get("files", ()))
    }
    found: list[str] = []
    waiting = [directory]
    while waiting and len(found) < _MOST:
        above = waiting.pop()
        for name in view.children(above):
            path = above + b"/" + name
            # Behind a symbolic link is something that lies elsewhere.
            if view.resolve(path) == path and view.children(path):
                waiting.append(path)
            elif path != evidence.path and (text := "/" + to_text(path)) not in others:
                found.append(text)
    return sorted(found[:_MOST])


def _joined(directory: str, files: Sequence[str]) -> list[str]:
    """Return absolute paths below a directory; what leads out of it is left out."""
    paths = [posixpath.normpath(f"{directory}/{path}") for path in files]
    return list(dict.fromkeys(path for path in paths if path.startswith(directory + "/")))
