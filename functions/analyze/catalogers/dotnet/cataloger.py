"""Reading what .NET leaves in an image."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.dotnet import bundle, names
from analyze.catalogers.dotnet.assembly import Assembler
from analyze.catalogers.dotnet.relations import relations
from analyze.catalogers.executables import MOST, Elf, Malformed, Pe, open_executable
from analyze.catalogers.executables.elf import EXECUTABLE, MAGIC, SHARED
from analyze.catalogers.executables.resources import version_resources
from analyze.catalogers.text import UNKNOWN_VERSION, content
from cargohold.model import Package, Relationship
from cargohold.paths import to_text

_JSON = 16 << 20
_PROGRAM = re.compile(rb"(?:.*/)?(?P<program>[^/]+)\.deps\.json", re.DOTALL)
_PE = re.compile(rb"(?:.*/)?[^/]+\.(?:dll|exe|bpl)", re.DOTALL | re.IGNORECASE)
_SHARED_RUNTIME = re.compile(
    rb"(?:.*/)?(?P<name>Microsoft\.(?:NETCore|AspNetCore|WindowsDesktop)\.App)/(?P<version>\d+\.\d+\.\d+[^/]*)/[^/]+",
    re.DOTALL,
)


class DotnetCataloger:
    """Packages of .NET programs, and PE files that no package claims.

    Facts: `detail["kind"]` is deps (beside it `packages` and `others`, see `deps`), libman (`libraries`) or
    pe (`managed`, `resources`, `assembly`). The deps.json in a single-file program is as one beside it.
    """

    name = "dotnet"
    version = 1

    def patterns(self) -> Patterns:
        """Want deps.json files, Windows executables, and programs that may have files behind them."""
        return Patterns(
            basenames=frozenset({b"libman.json"}),
            extensions=frozenset({b"dll", b"exe", b"bpl"}),
            paths=(rb"(?>(?:.*/)?)[^/]+\.deps\.json",),
            magic=(MAGIC,),
            max_size=MOST,
        )

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it says nothing of a package."""
        match = _PROGRAM.fullmatch(file.path)
        if match is not None or file.path.endswith(b"libman.json"):
            return _json(file, to_text(match["program"]) if match else "")
        try:
            if file.head(4) == MAGIC:
                return _single_file(file) if _has_more(file) else None
            return _portable(file) if _PE.fullmatch(file.path) else None
        except Malformed as error:
            return Facts(unknowns=[f"no executable: {error}"])

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the packages of deps.json files, then of PE files that they do not claim."""
        return Assembler(view, self.name).findings()

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate packages by the dependencies of their deps.json, and runtimes to the programs."""
        return relations(list(view.facts(self.name)), packages)


def _json(file: LayerFile, program: str) -> Facts | None:
    from analyze.catalogers.dotnet import libman

    data = content(file, _JSON)
    if isinstance(data, Facts):
        return data
    try:
        document = loads(data)
    except ValueError as error:
        return Facts(unknowns=[f"no JSON: {str(error)[:200]}"])
    if program:
        return _packages(document, program)
    libraries = libman.libraries(document)
    return Facts(libraries, {"kind": "libman"}) if libraries else None


def _packages(document: Any, program: str) -> Facts | None:
    from analyze.catalogers.dotnet import deps

    found = deps.entries(document, program)
    if found is None:
        return None
    identity = [{"name": one["name"], "version": one.get("version", UNKNOWN_VERSION)} for one in found["packages"]]
    return Facts(identity, {"kind": "deps", **found})


def _has_more(file: LayerFile) -> bool:
    """Tell by the ELF header alone whether something follows the section table, which linkers put last."""
    head = file.head(64)
    if len(head) < 64 or head[5] != 1 or int.from_bytes(head[16:18], "little") not in (EXECUTABLE, SHARED):
        return False
    wide = head[4] == 2
    start = int.from_bytes(head[40:48] if wide else head[32:36], "little")
    size, count = (int.from_bytes(head[at : at + 2], "little") for at in ((58, 60) if wide else (46, 48)))
    return 0 < start < file.size and count > 0 and file.size - (start + size * count) > bundle.LEAST


def _single_file(file: LayerFile) -> Facts | None:
    with file.open() as stream:
        executable = open_executable(stream, file.size)
        data = bundle.deps_json(executable) if isinstance(executable, Elf) else None
    return None if data is None else _embedded(file, data)


def _embedded(file: LayerFile, data: bytes) -> Facts | None:
    try:
        return _packages(loads(data), names.file_name(to_text(file.path.rpartition(b"/")[2])))
    except ValueError as error:
        return Facts(unknowns=[f"the deps.json in it is no JSON: {str(error)[:200]}"])


def _portable(file: LayerFile) -> Facts | None:
    from analyze.catalogers.dotnet import clr

    if file.head(2) != b"MZ":
        return None
    with file.open() as stream:
        executable = open_executable(stream, file.size)
        if not isinstance(executable, Pe):
            return None
        if file.path[-4:].lower() == b".exe" and (data := bundle.deps_json(executable)) is not None:
            return _embedded(file, data)
        managed = clr.is_managed(executable)
        resources = version_resources(executable)
        assembly = clr.assembly(executable) if managed else None
    if not resources and assembly is None:
        return None
    return _pe(file.path, resources, assembly, managed=managed)


def _pe(path: bytes, resources: dict[str, str], assembly: tuple[str, str] | None, *, managed: bool) -> Facts:
    called = names.name(resources) or (assembly[0] if assembly else names.file_name(to_text(path.rpartition(b"/")[2])))
    version = names.managed_version(resources) if managed else names.native_version(resources)
    key = {"name": called, "version": version or (assembly[1] if assembly else UNKNOWN_VERSION)}
    detail: dict[str, Any] = {"kind": "pe", "managed": managed, "resources": resources}
    if assembly is not None:
        detail["assembly"] = list(assembly)
    runtime = _SHARED_RUNTIME.fullmatch(path) if managed else None
    if runtime is not None:
        key = {"name": to_text(runtime["name"]), "version": to_text(runtime["version"])}
        detail["runtime"] = True
    return Facts([key], detail)
