"""Making packages of rockspecs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import content, decoded
from cargohold.model import License, Package, Relationship, Scope
from cargohold.paths import to_text
from cargohold.purl import purl

_LIMIT = 1 << 20
# LuaRocks installs to TREE/lib/luarocks/rocks-5.1/NAME/VERSION/NAME-VERSION.rockspec, formerly without the "-5.1".
_INSTALLED = re.compile(rb"(?P<tree>(?:.*/)?rocks(?:-[^/]+)?)/[^/]+/[^/]+/[^/]+\.rockspec", re.DOTALL)


class LuaCataloger:
    """Rocks. Facts: `detail["package"]`, see `rockspec`.

    A rockspec outside a tree of rocks is that of a source tree: its package is declared, not installed.
    """

    name: ClassVar[str] = "lua"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every rockspec."""
        return Patterns(extensions=frozenset({b"rockspec"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one."""
        from analyze.catalogers.lua.rockspec import package as read

        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        found = read(decoded(data), to_text(file.path))
        if found is None:
            return Facts(unknowns=["no name and version"])
        return Facts([{"name": found["name"], "version": found["version"]}], {"package": found})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate the rocks that a rock needs to it, within one tree."""
        rocks: dict[tuple[str, str], list[str]] = defaultdict(list)
        for package in packages:
            if package.scope is not Scope.DECLARED:
                rocks[_tree(package), package.name.lower()].append(package.id)
        for package in packages:
            names = package.metadata.get("dependencies", {}) if package.scope is not Scope.DECLARED else ()
            bare = {name.rpartition("/")[2].lower() for name in names}  # without the user who published it
            found = {rock for name in bare for rock in rocks.get((_tree(package), name), ())}
            for dependency in sorted(found - {package.id}):
                yield Relationship(dependency, package.id, "dependency-of")


def _package(evidence: FileFacts) -> Package:
    found = evidence.facts.detail["package"]
    at = location(evidence)
    stated = found.get("license", "")
    return Package(
        cataloger="lua",
        type="lua-rocks",
        language="lua",
        name=found["name"],
        version=found["version"],
        purl=purl("luarocks", "", found["name"].strip("/").replace("/", "_"), found["version"]),
        scope=Scope.VISIBLE if _INSTALLED.fullmatch(evidence.path) else Scope.DECLARED,
        licenses=(License(stated, expression(stated), path=at.path),) if stated else (),
        locations=(at,),
        metadata_type="luarocks-package",
        metadata={field: value for field, value in found.items() if field != "license"},
    )


def _tree(package: Package) -> str:
    return package.locations[0].path.rsplit("/", 3)[0]
