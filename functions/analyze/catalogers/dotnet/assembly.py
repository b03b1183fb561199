"""Making packages of one view's facts."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from analyze.catalogers.contract import FileFacts, Finding, ImageView
from analyze.catalogers.lookup import Lookup, location, sightings
from analyze.catalogers.text import UNKNOWN_VERSION
from cargohold.model import Package, Scope
from cargohold.paths import to_bytes, to_text
from cargohold.purl import purl

_EXECUTABLE = {
    "assemblyVersion": ("Assembly Version", "AssemblyVersion"),
    "legalCopyright": ("LegalCopyright",),
    "comments": ("Comments",),
    "internalName": ("InternalName",),
    "companyName": ("CompanyName",),
    "productName": ("ProductName",),
    "productVersion": ("ProductVersion",),
}


class Assembler:
    """Joins deps.json files with the PE files that their packages claim."""

    def __init__(self, view: ImageView, cataloger: str) -> None:
        self._view = view
        self._cataloger = cataloger
        self._lookup = Lookup(view, cataloger)
        self._deps = self._of("deps")
        self._pes = {one.path: one for one in self._of("pe")}
        self._claimed: set[bytes] = set()

    def findings(self) -> Iterator[Finding]:
        """Yield the packages of deps.json files, of libman.json files beside them, and of the PE files left."""
        for evidence, position, key in sightings(self._view, self._cataloger, self._deps):
            yield Finding(self._package(evidence, evidence.facts.detail["packages"][position]), evidence, key)
        self._claim_all()
        directories = {_directory(one.path) for one in self._deps}
        beside = [one for one in self._of("libman") if _directory(one.path) in directories]
        for evidence, _, key in sightings(self._view, self._cataloger, beside):
            yield Finding(_library(evidence, key), evidence, key)
        yield from self._unclaimed()

    def _of(self, kind: str) -> list[FileFacts]:
        return [one for one in self._lookup.found if one.facts.detail.get("kind") == kind]

    def _package(self, evidence: FileFacts, record: dict[str, Any]) -> Package:
        directory = _directory(evidence.path)
        executables: dict[str, dict[str, str]] = {}
        supporting = []
        for relative, target in record.get("files", {}).items():
            found = self._pes.get(_joined(directory, relative))
            if found is not None and target not in executables:
                executables[target] = _executable(found)
                supporting.append(found)
        metadata = {
            "name": record["name"],
            "version": record.get("version", ""),
            "path": record.get("path", ""),
            "sha512": record.get("sha512", ""),
            "hashPath": record.get("hashPath", ""),
            "type": record.get("type", ""),
            "executables": executables,
        }
        return Package(
            cataloger="dotnet",
            type="dotnet",
            language="dotnet",
            name=record["name"],
            version=record.get("version", UNKNOWN_VERSION),
            purl=purl("nuget", "", record["name"], record.get("version", "")),
            locations=(location(evidence), *(location(one, "supporting") for one in supporting)),
            metadata_type="dotnet-deps-entry",
            metadata={field: value for field, value in metadata.items() if value},
        )

    def _claim_all(self) -> None:
        """Note what the entries of a deps.json claim, packages or not."""
        for one in self._deps:
            self._claim(one)
        if self._view.scope is Scope.HIDDEN:
            for directory in {_directory(path) for path in self._pes}:
                for name in self._view.children(directory.rstrip(b"/")):
                    if name.endswith(b".deps.json"):
                        visible = self._view.facts_at(self._cataloger, directory + name)
                        if visible is not None and visible.facts.detail.get("kind") == "deps":
                            self._claim(visible)

    def _claim(self, one: FileFacts) -> None:
        directory = _directory(one.path)
        for record in one.facts.detail["packages"]:
            self._claimed.update(_joined(directory, relative) for relative in record.get("files", ()))
        self._claimed.update(_joined(directory, relative) for relative in one.facts.detail["elsewhere"])

    def _unclaimed(self) -> Iterator[Finding]:
        left = [one for one in self._of("pe") if one.path not in self._claimed]
        known = {key["version"] for one in self._deps for key in one.facts.identity if is_runtime(key["name"])}
        runtimes: dict[tuple[bytes, str], list[FileFacts]] = defaultdict(list)
        for evidence, _, key in sightings(self._view, self._cataloger, left):
            if evidence.facts.detail.get("runtime"):
                runtimes[_directory(evidence.path), key["name"]].append(evidence)
            else:
                make = _managed if evidence.facts.detail["managed"] else _native
                yield Finding(make(evidence, key), evidence, key)
        for files in runtimes.values():
            key = files[0].facts.identity[0]
            if key["version"] not in known:
                yield Finding(_runtime(files, key), files[0], key)


def is_runtime(name: str) -> bool:
    """Tell whether a package is a shared framework or the runtime pack of one."""
    lower = name.lower().removeprefix("runtimepack.")
    return any(
        lower == family
        or lower.startswith(family + ".runtime")
        or (lower.startswith("runtime") and lower.endswith(family))
        for family in ("microsoft.netcore.app", "microsoft.aspnetcore.app", "microsoft.windowsdesktop.app")
    )


def _directory(path: bytes) -> bytes:
    return path[: path.rfind(b"/") + 1]


def _joined(directory: bytes, relative: str) -> bytes:
    try:
        return directory + to_bytes(relative)
    except ValueError:
        return b""


def _executable(found: FileFacts) -> dict[str, str]:
    """Return Syft's fields of a PE file; the assembly's own version where the resource has none."""
    resources = found.facts.detail["resources"]
    said = {
        field: next((resources[key] for key in keys if key in resources), "") for field, keys in _EXECUTABLE.items()
    }
    assembly = found.facts.detail.get("assembly")
    if assembly and not said["assemblyVersion"]:
        said["assemblyVersion"] = assembly[1]
    return {field: value for field, value in said.items() if value}


def _managed(evidence: FileFacts, key: dict[str, Any]) -> Package:
    return Package(
        cataloger="dotnet",
        type="dotnet",
        language="dotnet",
        name=key["name"],
        version=key["version"],
        purl=purl("nuget", "", key["name"].replace("/", "_"), _said(key)),
        locations=(location(evidence),),
        metadata_type="dotnet-portable-executable-entry",
        metadata=_executable(evidence),
    )


def _native(evidence: FileFacts, key: dict[str, Any]) -> Package:
    resources = evidence.facts.detail["resources"]
    product = (resources.get("ProductName") or resources.get("FileDescription") or "").lower()
    name = "ghostscript" if "ghostscript" in product else key["name"].replace("/", "_")
    return Package(
        cataloger="dotnet",
        type="binary",
        name=key["name"],
        version=key["version"],
        purl=purl("generic", "", name, _said(key)),
        locations=(location(evidence),),
        metadata_type="pe-binary",
        metadata={"VersionResources": [{"key": field, "value": resources[field]} for field in sorted(resources)]},
    )


def _runtime(files: list[FileFacts], key: dict[str, Any]) -> Package:
    return Package(
        cataloger="dotnet",
        type="dotnet",
        language="dotnet",
        name=key["name"],
        version=key["version"],
        purl=purl("nuget", "", key["name"], key["version"]),
        locations=(location(files[0]), *(location(one, "supporting") for one in files[1:])),
        metadata_type="dotnet-deps-entry",
        metadata={"name": key["name"], "version": key["version"]},
    )


def _library(evidence: FileFacts, key: dict[str, Any]) -> Package:
    scope, _, base = key["name"].rpartition("/")
    return Package(
        cataloger="dotnet",
        type="npm",
        language="javascript",
        name=key["name"],
        version=key["version"],
        purl=purl("npm", scope, base, key["version"]),
        namespace=scope,
        locations=(location(evidence),),
        metadata_type="javascript-npm-package",
        metadata={"name": key["name"], "version": key["version"]},
    )


def _said(key: dict[str, Any]) -> str:
    return "" if key["version"] == UNKNOWN_VERSION else str(key["version"])


def path_text(path: bytes) -> str:
    """Return a path as locations write it."""
    return "/" + to_text(path)
