"""Making packages of package.json files."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from analyze.catalogers.bounded_json import documents
from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.license_text import Texts
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.npm.manifest import package as read
from analyze.catalogers.npm.resolution import relations
from analyze.catalogers.prototypes import finding
from analyze.catalogers.spdx import alternatives
from analyze.catalogers.text import UNKNOWN_VERSION, content
from cargohold.model import Package, Relationship
from cargohold.purl import purl

_LIMIT = 16 << 20


class NpmCataloger:
    """JavaScript packages, wherever a package.json names one. Facts: `detail["packages"]`, see `manifest`."""

    name: ClassVar[str] = "npm"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every package.json."""
        return Patterns(basenames=frozenset({b"package.json"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it names no package."""
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        try:
            values = documents(data)
        except ValueError as error:
            return Facts(unknowns=[f"no JSON: {str(error)[:200]}"])
        packages = [found for value in values if (found := read(value)) is not None]
        if not packages:
            return None
        identity = [{"name": one["name"], "version": one.get("version", UNKNOWN_VERSION)} for one in packages]
        return Facts(identity, {"packages": packages})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        texts = Texts(view)
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            record = evidence.facts.detail["packages"][position]
            found = finding(evidence, position, key, partial(_package, key, record, evidence))
            package = found.package
            package.licenses = texts.completed(package.licenses, evidence, evidence.path.rpartition(b"/")[0])
            yield found

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate what a package depends on to it, where node would find it."""
        return relations(view, packages)


def _package(key: dict[str, Any], record: dict[str, Any], evidence: FileFacts) -> Package:
    name = key["name"]
    scope, slash, base = name.rpartition("/")
    at = location(evidence)
    return Package(
        cataloger="npm",
        type="npm",
        language="javascript",
        name=name,
        version=key["version"],
        purl=purl("npm", scope, base if base.strip() else name.replace("/", "_"), record.get("version", "")),
        namespace=scope if slash else "",
        licenses=alternatives(record.get("licenses", ()), at.path),
        locations=(at,),
        metadata_type="javascript-npm-package",
        metadata={field: value for field, value in record.items() if field != "licenses"},
    )
