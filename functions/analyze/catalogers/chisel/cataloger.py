"""Making packages of Chisel's manifest."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.chisel import wall
from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.dpkg.licenses import stated
from analyze.catalogers.inflate import ZSTD, inflated
from analyze.catalogers.license_text import Texts
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons, content
from cargohold.model import License, Package, Relationship
from cargohold.purl import distro_qualifier, purl

_LIMIT = 16 << 20
_INFLATED = 128 << 20
_PLACE = b"var/lib/chisel/manifest.wall"


class ChiselCataloger:
    """Packages whose slices Chisel installed. Facts: `detail["packages"]`, see `wall`."""

    name = "chisel"
    version = 1

    def patterns(self) -> Patterns:
        """Want the manifest, wherever a slice has it generated."""
        return Patterns(basenames=frozenset({b"manifest.wall"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is not compressed as Chisel does it, or lists nothing."""
        if file.head(4) != ZSTD:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        try:
            text = inflated(data, _INFLATED)
        except ValueError as error:
            return Facts(unknowns=[str(error)])
        if len(text) == _INFLATED:
            reasons.add(f"cut off after {_INFLATED} bytes")
        packages = wall.packages(text, reasons)
        identity = [
            {"name": one["name"], "version": one.get("version", UNKNOWN_VERSION), "architecture": one.get("arch", "")}
            for one in packages
        ]
        if not identity and not text.startswith(b'{"jsonwall"'):
            return None
        return Facts(identity, {"packages": packages}, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(view, key, evidence.facts.detail["packages"][position], evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate nothing: slices depend on slices, and the manifest does not say on which."""
        return iter(())


def _package(view: ImageView, key: dict[str, Any], record: dict[str, Any], evidence: FileFacts) -> Package:
    name, architecture = key["name"], key["architecture"]
    distro = view.distro
    namespace = distro.id if distro is not None and distro.id and "debian" in (distro.id, *distro.id_like) else "ubuntu"
    licenses, supporting = _licenses(view, name, evidence)
    metadata = {
        "package": name,
        "version": record.get("version", ""),
        "architecture": architecture,
        "sha256": record.get("sha256", ""),
        "slices": record.get("slices", []),
    }
    return Package(
        cataloger="chisel",
        type="deb",
        name=name,
        version=key["version"],
        purl=purl(
            "deb",
            namespace,
            name,
            record.get("version", ""),
            {"arch": architecture, "distro": distro_qualifier(distro)},
        ),
        namespace=namespace,
        architecture=architecture,
        licenses=licenses,
        locations=(location(evidence), *(location(one, "supporting") for one in supporting)),
        files=tuple(path for path, _, _ in record.get("files", ())),
        metadata_type="dpkg-db-entry",
        metadata={field: value for field, value in metadata.items() if value},
    )


def _licenses(view: ImageView, name: str, evidence: FileFacts) -> tuple[tuple[License, ...], list[FileFacts]]:
    """Return what a package's copyright file says, which slices may ship."""
    if not evidence.path.endswith(_PLACE) or "/" in name:
        return (), []
    path = evidence.path.removesuffix(_PLACE) + b"usr/share/doc/" + name.encode() + b"/copyright"
    found = view.facts_at("dpkg", path, seen_from=evidence.layer)
    said = stated(found, Texts(view).found(path, evidence)).licenses
    return (said, [found]) if found is not None and said else ((), [])
