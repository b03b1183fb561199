"""Making packages of kernels and modules."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.executables import Malformed
from analyze.catalogers.inflate import inflated
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION, clean, content, is_name
from cargohold.model import License, Package, Relationship
from cargohold.paths import to_text
from cargohold.purl import purl

_LARGEST = 512 << 20
_COMPRESSED = 16 << 20
_INFLATED = 64 << 20
_KERNEL = rb"(?>(?:.*/)?)(?:kernel|kernel-[^/]*|vmlinu[xz][^/]*|b?zImage[^/]*)"
_MODULE = rb"(?:.*/)?lib/modules/.*\.ko(?:\.gz|\.xz|\.zst)?"
_IS_MODULE = re.compile(_MODULE, re.DOTALL)
_STEM = re.compile(r"\.ko(?:\.gz|\.xz|\.zst)?\Z")


class LinuxKernelCataloger:
    """Kernels and modules. Facts: `detail["kernel"]`, see `image`, or `detail["module"]`, see `module`."""

    name = "linux_kernel"
    version = 1

    def patterns(self) -> Patterns:
        """Want files that are named like kernels, and modules."""
        return Patterns(paths=(_KERNEL, _MODULE), max_size=_LARGEST, keep=False)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is no kernel, and no module that says for which."""
        from analyze.catalogers.linux_kernel.image import kernel

        if _IS_MODULE.fullmatch(file.path):
            return _module(file)
        found = kernel(file)
        if found is None:
            return None
        key = {"name": found["name"], "version": found["version"], "kernel": found["version"]}
        return Facts([key], {"kernel": found})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            make = _kernel_package if "kernel" in evidence.facts.detail else _module_package
            yield Finding(make(key, evidence), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate a kernel to the modules that are built for its version, and a module to those that depend on it."""
        needs = {
            "/" + to_text(one.path): one.facts.detail["module"].get("depends", ())
            for one in view.facts(self.name)
            if "module" in one.facts.detail
        }
        kernels: dict[str, list[str]] = defaultdict(list)
        modules: dict[tuple[str, str], str] = {}
        for package in packages:
            if package.type == "linux-kernel":
                kernels[package.version].append(package.id)
            else:
                modules.setdefault((package.metadata["kernelVersion"], package.name.replace("-", "_")), package.id)
        for package in packages:
            if package.type == "linux-kernel":
                continue
            version = package.metadata["kernelVersion"]
            wanted = {modules.get((version, name.replace("-", "_")), "") for name in needs[package.locations[0].path]}
            for parent in sorted({*kernels.get(version, ()), *wanted} - {"", package.id}):
                yield Relationship(parent, package.id, "dependency-of")


def _module(file: LayerFile) -> Facts | None:
    from analyze.catalogers.linux_kernel.module import module, module_of

    try:
        if file.head(4) == b"\x7fELF":
            with file.open() as stream:
                found = module(stream, file.size)
        else:
            data = content(file, _COMPRESSED)
            if isinstance(data, Facts):
                return data
            found = module_of(inflated(data, _INFLATED))
    except Malformed as error:
        return Facts(unknowns=[f"no module: {error}"])
    except ValueError as error:
        return Facts(unknowns=[str(error)])
    if found is None:
        return None
    name = found.get("name", "")
    if not is_name(name):
        name = clean(_STEM.sub("", to_text(file.path.rpartition(b"/")[2]))).replace("-", "_")
        if not is_name(name):
            return None
        found["name"] = name
    key = {"name": name, "version": found.get("version", UNKNOWN_VERSION), "kernel": found["kernelVersion"]}
    return Facts([key], {"module": found})


def _kernel_package(key: dict[str, Any], evidence: FileFacts) -> Package:
    found = evidence.facts.detail["kernel"]
    return Package(
        cataloger="linux_kernel",
        type="linux-kernel",
        name=key["name"],
        version=key["version"],
        purl=purl("generic", "", key["name"], key["version"]),
        architecture=found.get("architecture", ""),
        locations=(location(evidence),),
        metadata_type="linux-kernel-archive",
        metadata={field: value for field, value in found.items() if field != "name"},
    )


def _module_package(key: dict[str, Any], evidence: FileFacts) -> Package:
    found = evidence.facts.detail["module"]
    at = location(evidence)
    licence = found.get("license", "")
    return Package(
        cataloger="linux_kernel",
        type="linux-kernel-module",
        name=key["name"],
        version=key["version"],
        purl=purl("generic", "", key["name"].replace("/", "_"), found.get("version", "")),
        licenses=(License(licence, expression(licence, "linux"), path=at.path),) if licence else (),
        locations=(at,),
        metadata_type="linux-kernel-module",
        metadata={"path": at.path, **{field: value for field, value in found.items() if field != "depends"}},
    )
