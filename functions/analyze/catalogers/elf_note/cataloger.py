"""Making packages of the notes in ELF files: all files whose note says the same are one package."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.elf_note.note import read
from analyze.catalogers.executables import MOST, Elf, opened
from analyze.catalogers.executables.elf import MAGIC
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from cargohold.model import License, Package, Relationship
from cargohold.purl import purl

_TYPES = frozenset(("rpm", "deb", "apk", "alpm"))


class ElfNoteCataloger:
    """Packages named by the `.note.package` of ELF files. Facts: `detail["note"]`, see `note.read`."""

    name: ClassVar[str] = "elf_note"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every ELF file."""
        return Patterns(magic=(MAGIC,), max_size=MOST, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when no note names a package."""
        try:
            with opened(file) as images:
                found = next((read(image) for image in images if isinstance(image, Elf)), None)
        except ValueError as error:
            return Facts(unknowns=[str(error)[:200]])
        if found is None:
            return None
        return Facts([{"name": found["name"], "version": found["version"]}], {"note": found})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make one package of all files whose notes have the same name, version, purl and cpe."""
        groups: dict[tuple[str, ...], list[tuple[FileFacts, dict[str, Any]]]] = defaultdict(list)
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            note = evidence.facts.detail["note"]
            groups[tuple(note.get(field, "") for field in ("name", "version", "purl", "cpe"))].append((evidence, key))
        for found in groups.values():
            evidence, key = found[0]
            yield Finding(_package([one for one, _ in found]), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Know of no relations."""
        return iter(())


def _package(found: list[FileFacts]) -> Package:
    note = found[0].facts.detail["note"]
    metadata = note["metadata"]
    kind = metadata.get("type", "")
    license_ = note.get("license", "")
    path = location(found[0]).path
    return Package(
        cataloger="elf_note",
        type=kind if kind in _TYPES else "binary",
        name=note["name"],
        version=note["version"],
        purl=_purl(note, metadata, kind),
        licenses=(License(license_, expression(license_), path=path),) if license_ else (),
        locations=tuple(location(one) for one in found),
        metadata_type="elf-binary-package-note-json-payload",
        metadata=dict(metadata),
    )


def _purl(note: dict[str, Any], metadata: dict[str, str], kind: str) -> str:
    """Return Syft's purl: of the note's type, in the name space of its distribution or else of its system.

    A distribution without a version names no `distro`, but is the name space that purls of these types need.
    """
    os, version = _distribution(metadata)
    system = metadata.get("system", "")
    return purl(
        kind if kind in _TYPES else "generic",
        os if kind in _TYPES and os else system,
        note["name"].replace("/", "_"),
        note["version"],
        {"distro": f"{os}-{version}" if os and version else ""},
    )


def _distribution(metadata: dict[str, str]) -> tuple[str, str]:
    """Return what the note says of the distribution, or its CPE name as a URI or a formatted string."""
    os, version = metadata.get("os", ""), metadata.get("osVersion", "")
    if os and version:
        return os, version
    name = metadata.get("osCPE", "")
    if name.startswith("cpe:2.3:"):
        parts = name.split(":")[3:]
    elif name.startswith("cpe:/"):
        parts = name.split(":")[2:]
    else:
        return os, ""
    parts += ["", "", ""]
    return parts[1] or os, "" if parts[2] in ("*", "-") else parts[2]
