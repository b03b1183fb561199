"""Making packages of Java archives."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.java.filename import EXTENSIONS
from analyze.catalogers.java.licenses import license_of
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.text import UNKNOWN_VERSION
from cargohold.model import Package, Relationship
from cargohold.paths import to_text
from cargohold.purl import purl

_LIMIT = 1 << 30
_ZIP = b"zip"
_HEADS = (b"PK", b"#!", b"MZ", b"\x7fELF")  # an archive, or a program before one
_METADATA = ("manifest", "pomProperties", "pomProject", "digest")


class JavaCataloger:
    """Java packages in archives, nested and shaded ones too. Facts: `detail["packages"]`, see `archive`.

    A zip file counts for the Java archives in it, as in Syft.
    """

    name: ClassVar[str] = "java"
    version: ClassVar[int] = 2

    def patterns(self) -> Patterns:
        """Want every archive that may be one of Java, by its extension."""
        extensions = frozenset(extension.encode() for extension in EXTENSIONS)
        return Patterns(extensions=extensions | {_ZIP}, max_size=_LIMIT, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it holds nothing of Java."""
        from analyze.catalogers.java.archive import ArchiveReader

        extension = file.path.rpartition(b".")[2].lower()
        # Other formats have some of these extensions too: RAR, PAR2, NAR, MIDI. They are no broken archives.
        if not file.size or (extension not in (b"jar", b"war", b"ear") and not file.head(4).startswith(_HEADS)):
            return None
        reader = ArchiveReader()
        with file.open() as stream:
            reader.read(stream, to_text(file.path), is_java=extension != _ZIP)
        unknowns = reader.reasons.listed()
        if not reader.records and not unknowns:
            return None
        return Facts([_identity(record) for record in reader.records], {"packages": reader.records}, unknowns)

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(key, evidence.facts.detail["packages"][position], evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate what is nested in an archive or shaded into it to the package around it."""
        ids = {_place(package.locations[0].path, package.metadata, package.version): package.id for package in packages}
        for evidence in view.facts(self.name):
            path = "/" + to_text(evidence.path)
            records = evidence.facts.detail.get("packages", ())
            found = [
                ids.get(_place(path, _metadata(record, path), key["version"]))
                for key, record in zip(evidence.facts.identity, records, strict=True)
            ]
            for child, record in zip(found, records, strict=True):
                parent = found[record["parent"]] if "parent" in record else None
                if child and parent and child != parent:
                    yield Relationship(child, parent, "dependency-of")


def _identity(record: dict[str, Any]) -> dict[str, str]:
    return {
        "name": record["name"],
        "version": record["version"] or UNKNOWN_VERSION,
        "group": record["group"],
    }


def _metadata(record: dict[str, Any], path: str) -> dict[str, Any]:
    fields = {field: record[field] for field in _METADATA if field in record}
    return {"virtualPath": path + record.get("inside", ""), **fields}


def _place(path: str, metadata: dict[str, Any], version: str) -> tuple[str, ...]:
    """Return what tells the packages of one image apart; an archive may hold a pom twice."""
    return (path, metadata["virtualPath"], metadata.get("pomProperties", {}).get("path", ""), version)


def _package(key: dict[str, Any], record: dict[str, Any], evidence: FileFacts) -> Package:
    at = location(evidence)
    name = key["name"]
    return Package(
        cataloger="java",
        type=record["type"],
        language="java",
        name=name,
        version=key["version"],
        purl=purl("maven", key["group"], name, record["version"]),
        namespace=key["group"],
        licenses=tuple(license_of(one, at.path) for one in record.get("licenses", ())),
        locations=(at,),
        metadata_type="java-archive",
        metadata=_metadata(record, at.path),
    )
