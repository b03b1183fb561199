"""Making packages of classified files."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from analyze.catalogers.binary.clues import Classifier
from analyze.catalogers.binary.reading import read
from analyze.catalogers.binary.resolving import Resolver
from analyze.catalogers.binary.table import NAMES, PATHS, TABLE
from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from cargohold.model import Location, Package, Relationship
from cargohold.purl import purl

_LIMIT = 1 << 30  # bytes of the largest program; it is read in parts


class BinaryCataloger:
    """Products known by what their files contain. Facts: see `reading`."""

    name: ClassVar[str] = "binary"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want files by name: most executables are nothing that a classifier knows."""
        return Patterns(basenames=NAMES, paths=PATHS, max_size=_LIMIT, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Classify one file."""
        return read(file)

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make one package of all files that show the same product and version."""
        supported = {(one.facts.path, one.facts.layer): one for one in Resolver(view, self.name).resolved()}
        found: list[tuple[int, FileFacts, dict[str, str], FileFacts | None]] = []
        for evidence, position, key in sightings(view, self.name, (one.facts for one in supported.values())):
            support = supported[evidence.path, evidence.layer].support[position]
            found.append((evidence.facts.detail["rows"][position], evidence, key, support))
        packages: dict[tuple[str, str, str], Finding] = {}
        for row, evidence, key, support in sorted(found, key=lambda one: (one[0], one[1].path, one[1].layer)):
            classifier = TABLE[row]
            package = _package(classifier, key["version"], _locations(evidence, support))
            finding = packages.setdefault(
                (package.type, package.name, package.version), Finding(package, evidence, key)
            )
            if finding.package is not package:
                _merge(finding.package, package)
        return packages.values()

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Return nothing: bytes say no dependencies."""
        return iter(())


def _locations(evidence: FileFacts, support: FileFacts | None) -> tuple[Location, ...]:
    first = location(evidence)
    return (first,) if support is None else (first, location(support, "supporting"))


def _package(classifier: Classifier, version: str, locations: tuple[Location, ...]) -> Package:
    kind, _, rest = classifier.purl.partition("/")
    namespace, _, name = rest.rpartition("/")
    return Package(
        cataloger="binary",
        type="go-module" if kind == "golang" else "binary",
        name=classifier.package,
        version=version,
        purl=purl(kind, namespace, name, version),
        namespace=namespace,
        locations=locations,
        metadata_type="binary-signature",
        metadata={"matches": [_match(classifier.name, locations[0])]},
    )


def _match(name: str, at: Location) -> dict[str, object]:
    return {
        "classifier": name,
        "location": {"path": at.path, "accessPath": at.path, "annotations": {"evidence": at.evidence}},
    }


def _merge(package: Package, more: Package) -> None:
    known = {one.path for one in package.locations}
    new = tuple(one for one in more.locations if one.path not in known)
    if new:
        package.locations += new
        package.metadata["matches"] += more.metadata["matches"]
