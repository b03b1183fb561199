"""Making packages of the bills of materials in native images."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.executables import MAGICS, MOST, opened
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons
from cargohold.model import License, Package, Relationship
from cargohold.purl import purl

_PURL = re.compile(r"pkg:[a-z][a-z0-9.+-]*/[^\s]+")


class GraalvmCataloger:
    """The components of native images. Facts: `detail["components"]` and `detail["edges"]`, see `sbom.components`."""

    name: ClassVar[str] = "graalvm"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every executable."""
        return Patterns(magic=MAGICS, max_size=MOST, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is no native image with a bill of materials."""
        from analyze.catalogers.graalvm import sbom

        try:
            with opened(file) as images:
                value = next((found for image in images if (found := sbom.read(image)) is not None), None)
        except ValueError as error:
            return Facts(unknowns=[str(error)[:200]])
        if value is None:
            return None
        reasons = Reasons()
        components, edges = sbom.components(value, reasons)
        identity = [{"name": one["name"], "version": one.get("version", UNKNOWN_VERSION)} for one in components]
        return Facts(identity, {"components": components, "edges": edges} if components else {}, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each component."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(key, evidence.facts.detail["components"][position], evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate components to those that depend on them, as the bill says."""
        ids = {(package.locations[0].path, package.purl): package.id for package in packages}
        for evidence in view.facts(self.name):
            path = location(evidence).path
            known = [ids.get((path, _purl(one))) for one in evidence.facts.detail.get("components", ())]
            for dependency, dependent in evidence.facts.detail.get("edges", ()):
                parent, child = known[dependency], known[dependent]
                if parent is not None and child is not None and parent != child:
                    yield Relationship(parent, child, "dependency-of")


def _purl(component: dict[str, Any]) -> str:
    known = component.get("purl", "")
    if _PURL.fullmatch(known):
        return str(known)
    return purl("maven", component.get("group", ""), component["name"].replace("/", "_"), component.get("version", ""))


def _package(key: dict[str, Any], component: dict[str, Any], evidence: FileFacts) -> Package:
    at = location(evidence)
    identifier = _purl(component)
    java = identifier.startswith("pkg:maven/")
    group = component.get("group", "")
    properties = {"groupId": group, "artifactId": key["name"], "version": component.get("version", "")}
    metadata: dict[str, Any] = {"virtualPath": at.path}
    if java and group:
        metadata["pomProperties"] = {name: value for name, value in properties.items() if value}
    return Package(
        cataloger="graalvm",
        type="java-archive" if java else "graalvm-native-image",
        language="java",
        name=key["name"],
        version=key["version"],
        purl=identifier,
        namespace=group,
        licenses=tuple(License(one, expression(one), path=at.path) for one in component.get("licenses", ())),
        locations=(at,),
        metadata_type="java-archive",
        metadata=metadata,
    )
