"""Making packages of bills of materials.

A bill of materials is a statement about something, by whoever made it: what it lists may have been
installed elsewhere, left out or removed since. Its packages are therefore *declared*; those that are
also installed are found by the catalogers of their kinds, which look at what is installed. That holds
for Wolfi's bills of apk packages too (`var/lib/db/sbom`): the package that one describes is in apk's
database, and what else it lists are the sources that the package was built from. Bitnami's bills
(`.spdx-*.spdx`) are left to their own cataloger: they come with what they describe.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import Reasons, content
from cargohold.model import License, Package, Relationship, Scope

_LIMIT = 16 << 20
_HEAD = 4096
_NAMES = frozenset({b"bom", b"sbom", b"bom.json", b"bom.xml", b"sbom.json", b"sbom.xml"})
_PATHS = (
    rb"(?>(?:.*/)?)(?:[^/]*[.-])?(?:s?bom|cdx|cyclonedx|spdx|syft)\.(?:json|xml)",
    rb"(?>(?:.*/)?)sbom\.[^/]+",
    rb"(?:.*/)?[^/]*\.dist-info/sboms/.+",  # PEP 770
)
_BITNAMI = re.compile(rb"(?:.*/)?opt/bitnami/(?:.*/)?\.spdx-[^/]*\.spdx", re.DOTALL)


class SbomCataloger:
    """Bills of materials in SPDX, CycloneDX and Syft's format. Facts: `format` and `components`, see `components`."""

    name: ClassVar[str] = "sbom"
    version: ClassVar[int] = 2

    def patterns(self) -> Patterns:
        """Want files that are called like bills of materials."""
        return Patterns(
            basenames=_NAMES,
            extensions=frozenset({b"spdx", b"cdx", b"bom", b"sbom"}),
            paths=_PATHS,
            max_size=_LIMIT,
        )

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is something else."""
        from analyze.catalogers.sbom.components import Components
        from analyze.catalogers.sbom.documents import looks_like, read

        if _BITNAMI.fullmatch(file.path):
            return None
        kind = looks_like(file.head(_HEAD))
        if not kind and file.size <= _LIMIT:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        components = Components(reasons)
        try:
            format_ = read(data, kind, components)
        except ValueError as error:
            reasons.add(f"no {kind.upper()}: {str(error)[:200]}")
            format_ = kind
        if not format_:
            return None
        found = list(components.found.values())
        identity = [{"name": one["name"], "version": one["version"], "type": one["type"]} for one in found]
        return Facts(identity, {"format": format_, "components": found}, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a declared package of each component."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(evidence, evidence.facts.detail["components"][position]), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterable[Relationship]:  # noqa: ARG002
        """Relate nothing: what depends on what is the statement of the document."""
        return ()


def _package(evidence: FileFacts, component: dict[str, Any]) -> Package:
    at = location(evidence)
    metadata = {"format": evidence.facts.detail["format"]}
    if "cpes" in component:
        metadata["cpes"] = component["cpes"]
    return Package(
        cataloger="sbom",
        type=component["type"],
        language=component.get("language", ""),
        name=component["name"],
        version=component["version"],
        purl=component["purl"],
        namespace=component.get("namespace", ""),
        architecture=component.get("architecture", ""),
        scope=Scope.DECLARED,
        licenses=tuple(License(value, expression(value), path=at.path) for value in component.get("licenses", ())),
        locations=(at,),
        metadata_type="sbom-component",
        metadata=metadata,
    )
