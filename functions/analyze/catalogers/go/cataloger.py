"""Making packages of the modules in Go executables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.executables import MAGICS, MOST, Elf, Executable, Malformed, opened
from analyze.catalogers.go import blob, modules
from analyze.catalogers.go.builds import STDLIB, build, entries, identity
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons
from cargohold.model import License, Package, Relationship
from cargohold.purl import purl

_PACKED = b"UPX!"  # in UPX's own header, after the program headers
_HEAD = 512


class GoCataloger:
    """The main module, the modules and the standard library of every Go executable.

    Facts: `detail["builds"]`, see `builds`; a universal Mach-O file has several.
    """

    name: ClassVar[str] = "go"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every executable."""
        return Patterns(magic=MAGICS, max_size=MOST, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when Go did not link it."""
        found: list[dict[str, Any]] = []
        reasons = Reasons()
        try:
            with opened(file) as images:
                for image in images:
                    _read(image, found, reasons)
        except Malformed as error:
            reasons.add(str(error))
        unknowns = reasons.listed()
        if not found and not unknowns:
            return None
        return Facts([key for one in found for key in identity(one)], {"builds": found} if found else {}, unknowns)

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each module."""
        of: FileFacts | None = None
        known: list[tuple[str, str, dict[str, Any]]] = []
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            if evidence is not of:
                of = evidence
                known = [entry for one in evidence.facts.detail["builds"] for entry in entries(one)]
            yield Finding(_package(*known[position], evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what an executable was built of to its main module."""
        files: dict[tuple[str, int], list[Package]] = defaultdict(list)
        for package in packages:
            files[package.locations[0].path, package.locations[0].layer].append(package)
        for built in files.values():
            mains = [package for package in built if package.metadata.get("mainModule") == package.name]
            for main in mains:
                for package in built:
                    if package is not main and _belongs(package, main):
                        yield Relationship(package.id, main.id, "dependency-of")


def _read(image: Executable, found: list[dict[str, Any]], reasons: Reasons) -> None:
    try:
        raw = blob.read(image)
    except Malformed as error:
        reasons.add(str(error))
        return
    if raw is not None:
        version, text = raw
        parsed = modules.parse(text)
        for reason in parsed.unknowns:
            reasons.add(reason)
        found.append(build(image, version, parsed))
    elif isinstance(image, Elf) and not image.has_sections and _PACKED in image.window.upto(0, _HEAD):
        reasons.add("packed by UPX: modules that Go may have linked cannot be read")


def _belongs(package: Package, main: Package) -> bool:
    mine, its = package.metadata, main.metadata
    if package.name == STDLIB and "mainModule" not in mine:
        return bool(mine["goCompiledVersion"] == its.get("goCompiledVersion"))
    return all(mine.get(field) == its.get(field) for field in ("mainModule", "architecture"))


def _package(name: str, version: str, metadata: dict[str, Any], evidence: FileFacts) -> Package:
    standard = name == STDLIB and "mainModule" not in metadata
    licenses = (License("BSD-3-Clause", "BSD-3-Clause"),) if standard else ()
    return Package(
        cataloger="go",
        type="go-module",
        language="go",
        name=name,
        version=version or UNKNOWN_VERSION,
        purl=_purl(name, version.removeprefix("go") if standard else version),
        licenses=licenses,
        locations=(location(evidence),),
        metadata_type="go-module-buildinfo-entry",
        metadata=metadata,
    )


def _purl(path: str, version: str) -> str:
    """Return Syft's purl of a module: what follows host, owner and repository is the subpath."""
    parts = [part for part in path.split("/") if part.strip()]
    return purl("golang", "/".join(parts[:3][:-1]), parts[:3][-1], version, subpath="/".join(parts[3:]))
