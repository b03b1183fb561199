"""Packages of one view, and the relations among them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from analyze.catalogers.conan.references import parse
from analyze.catalogers.contract import FileFacts, ImageView
from analyze.catalogers.lookup import Lookup, location
from cargohold.model import Package, Relationship, Scope
from cargohold.paths import to_bytes, to_text
from cargohold.purl import purl

_LOOKED_AT = 1_000_000  # packages, each as often as another requires one of its name


class Packages:
    """Makes the packages of one view."""

    def __init__(self, view: ImageView, lookup: Lookup) -> None:
        self._view = view
        self._lookup = lookup
        self._own = {_identity(one.facts.identity[0]) for one in self.named()}

    def named(self) -> list[FileFacts]:
        """Return the conaninfo.txt files whose paths name a package."""
        return [one for one in self._lookup.found if one.facts.detail.get("reference")]

    def caches(self) -> list[FileFacts]:
        """Return the databases of caches."""
        return [one for one in self._lookup.found if one.facts.detail.get("kind") == "cache"]

    def own(self, evidence: FileFacts, key: dict[str, Any]) -> Package:
        """Return the package that a path names."""
        return self._package(evidence, evidence.facts.detail["reference"], key, [], evidence.path)

    def required(self, evidence: FileFacts, position: int, key: dict[str, Any]) -> Package | None:
        """Return a package that another was built with; None when it is in the image itself."""
        if _identity(key) in self._own:
            return None
        return self._package(evidence, evidence.facts.detail["required"][position - 1], key, [], None)

    def cached(self, evidence: FileFacts, record: dict[str, Any]) -> Package | None:
        """Return the package of a cache's record; None when its folder is gone."""
        folder = evidence.path.rpartition(b"/")[0] + b"/" + to_bytes(record["path"]) + b"/p"
        if self._view.scope is not Scope.HIDDEN and not self._view.exists(folder):
            return None
        info = self._lookup.at(folder + b"/conaninfo.txt", evidence)
        supporting = [] if info is None else [info]
        return self._package(evidence, record["reference"], record, supporting, folder + b"/conaninfo.txt")

    def _package(
        self,
        evidence: FileFacts,
        text: str,
        key: dict[str, Any],
        supporting: list[FileFacts],
        info: bytes | None,
    ) -> Package:
        files: tuple[str, ...] = ()
        if info is not None:
            folder = info.rpartition(b"/")[0] + b"/"
            manifest = self._lookup.at(folder + b"conanmanifest.txt", evidence)
            if manifest is not None:
                supporting = [*supporting, manifest]
                files = tuple("/" + to_text(folder) + path for path in manifest.facts.detail.get("files", ()))
        reference = parse(text)
        user, channel = (reference.user, reference.channel) if reference else ("", "")
        metadata = {"ref": text, "package_id": key["package_id"]}
        return Package(
            cataloger="conan",
            type="conan",
            language="c++",
            name=key["name"],
            version=key["version"],
            purl=purl("conan", user, key["name"], key["version"], {"channel": channel}),
            namespace=user,
            locations=(location(evidence), *(location(one, "supporting") for one in supporting)),
            files=files,
            metadata_type="c-conan-info-entry",
            metadata={field: value for field, value in metadata.items() if value},
        )


def relations(lookup: Lookup, packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for what a package requires: in full what it was built with, else any version that fits.

    Only within one cache or deployment.
    """
    by_name: dict[tuple[str, str], list[Package]] = defaultdict(list)
    for package in packages:
        by_name[_root(package), package.name].append(package)
    infos = {"/" + to_text(one.path): one.facts.detail for one in lookup.found if one.facts.detail["kind"] == "info"}
    looked_at = 0
    for package in packages:
        for detail in [infos[one.path] for one in package.locations if one.path in infos]:
            if not _is_of(detail, package):
                continue
            wanted = detail.get("full_requires") or detail.get("requires", ())
            related: set[str] = set()
            for text in dict.fromkeys(wanted):
                looked_at += len(candidates := _named(text, _root(package), by_name))
                if looked_at > _LOOKED_AT:
                    return
                related |= _fitting(text, candidates)
            for provider in sorted(related - {package.id}):
                yield Relationship(provider, package.id, "dependency-of")


def _is_of(detail: dict[str, Any], package: Package) -> bool:
    """Tell whether a conaninfo.txt is a package's own, and not that of one that requires it."""
    return bool(detail.get("reference", package.metadata["ref"]) == package.metadata["ref"])


def _root(package: Package) -> str:
    """Return the directory of the cache or the deployment that a package is of."""
    path = package.locations[0].path
    before, deployed, _ = path.rpartition("/full_deploy/")
    if deployed:
        return before
    return path.rpartition("/")[0] if path.endswith("/cache.sqlite3") else path.rsplit("/", 7)[0]


def _named(text: str, root: str, by_name: dict[tuple[str, str], list[Package]]) -> list[Package]:
    reference = parse(text)
    return by_name.get((root, reference.name), []) if reference is not None else []


def _fitting(text: str, packages: list[Package]) -> set[str]:
    reference = parse(text)
    if reference is None:
        return set()
    found = [one for one in packages if reference.admits(one.version)]
    exact = [one for one in found if one.metadata.get("package_id") == reference.package_id]
    return {one.id for one in (exact if reference.package_id and exact else found)}


def _identity(key: dict[str, Any]) -> tuple[str, str, str]:
    return key["name"], key["version"], key["package_id"]
