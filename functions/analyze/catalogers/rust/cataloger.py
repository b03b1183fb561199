"""Making packages of the crates in Rust executables."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.executables import MAGICS, MOST, opened
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.rust import audit
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons
from cargohold.model import Package, Relationship
from cargohold.purl import purl


class RustCataloger:
    """The crates of every executable with audit data.

    Facts: `detail["crates"]` and `detail["edges"]`, see `audit.crates`. Of a universal Mach-O file the
    first architecture that has any.
    """

    name: ClassVar[str] = "rust"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every executable."""
        return Patterns(magic=MAGICS, max_size=MOST, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it has no audit data."""
        try:
            with opened(file) as images:
                value = next((found for image in images if (found := audit.read(image)) is not None), None)
        except ValueError as error:
            return Facts(unknowns=[str(error)[:200]])
        if value is None:
            return None
        reasons = Reasons()
        crates, edges = audit.crates(value, reasons)
        identity = [{"name": one["name"], "version": one.get("version") or UNKNOWN_VERSION} for one in crates]
        return Facts(identity, {"crates": crates, "edges": edges} if crates else {}, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each crate."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(key, evidence.facts.detail["crates"][position], evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate crates to those that depend on them, as the audit data says."""
        ids = {_key(package.locations[0].path, package.metadata): package.id for package in packages}
        for evidence in view.facts(self.name):
            path = location(evidence).path
            known = [ids.get(_key(path, crate)) for crate in evidence.facts.detail.get("crates", ())]
            for dependency, dependent in evidence.facts.detail.get("edges", ()):
                parent, child = known[dependency], known[dependent]
                if parent is not None and child is not None and parent != child:
                    yield Relationship(parent, child, "dependency-of")


def _key(path: str, crate: dict[str, Any]) -> tuple[str, ...]:
    return path, *(crate.get(field, "") for field in ("name", "version", "source"))


def _package(key: dict[str, Any], crate: dict[str, str], evidence: FileFacts) -> Package:
    return Package(
        cataloger="rust",
        type="rust-crate",
        language="rust",
        name=key["name"],
        version=key["version"],
        purl=purl("cargo", "", key["name"].replace("/", "_"), crate.get("version", "")),
        locations=(location(evidence),),
        metadata_type="rust-cargo-audit-entry",
        metadata=dict(crate),
    )
