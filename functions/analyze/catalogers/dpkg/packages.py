"""One dpkg or opkg database of an image, and the packages made of its records."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from analyze.catalogers.contract import FileFacts, Finding, ImageView
from analyze.catalogers.dpkg import licenses, paths
from analyze.catalogers.license_text import Texts
from analyze.catalogers.lookup import Lookup, location
from analyze.catalogers.prototypes import finding
from analyze.catalogers.providers import Providers
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION
from cargohold.model import License, Package, Relationship
from cargohold.paths import to_text
from cargohold.purl import distro_qualifier, purl, upstream_qualifier

Control = tuple[FileFacts, dict[str, Any]]  # with one of its packages
_RELATION_NAME = re.compile(r"[^\s(\[<:]+")


class Database:
    """A database and what is the same for all its packages."""

    def __init__(self, view: ImageView, lookup: Lookup, texts: Texts, evidence: FileFacts) -> None:
        self.opkg = paths.is_opkg(evidence.path)
        self._lookup = lookup
        self.evidence = evidence
        self._root = paths.root(evidence.path)
        self._beside = paths.companions(evidence.path)
        self._texts = texts
        self._diversions = self._diverting()
        self._diverted = _moves(self._diversions)
        distro = view.distro
        self._distro = distro_qualifier(distro)
        self._namespace = ""
        if distro is not None and (self.opkg or distro.id == "debian" or "debian" in distro.id_like):
            self._namespace = distro.id

    def finding(self, position: int, key: dict[str, Any], record: dict[str, Any], control: Control | None) -> Finding:
        """Return the package of a record; `control` is opkg's own file on it and has more fields."""
        metadata = record if control is None else {**control[1], **record}
        name, architecture = record["package"], metadata.get("architecture", "")
        path = b"%busr/share/doc/%b/copyright" % (self._root, name.encode())
        copyrights = None if "/" in name else self._lookup.at(path, self.evidence)
        text = None if copyrights is None else self._texts.found(path, self.evidence)
        files, md5sums, conffiles = self._companions(name, architecture)
        beside = _Beside(control[0] if control else None, files, md5sums, conffiles, copyrights, text)
        make = partial(self._package, metadata, beside)
        return finding(self.evidence, position, key, make, (self._distro, self._namespace, self._diversions, beside))

    def _package(self, metadata: dict[str, Any], beside: "_Beside") -> Package:
        name, version = metadata["package"], metadata.get("version", "")
        architecture = metadata.get("architecture", "")
        source, source_version = metadata.get("source", ""), metadata.get("sourceVersion", "")
        files = self._files(name, metadata.get("conffiles", ()), beside)
        found, reason = self._licenses(metadata.get("license", ""), beside)
        described = {key: value for key, value in metadata.items() if key not in ("conffiles", "license")}
        if reason:
            described["licenseReason"] = reason
        return Package(
            cataloger="dpkg",
            type="deb",
            name=name,
            version=version or UNKNOWN_VERSION,
            purl=purl(
                "opkg" if self.opkg else "deb",
                self._namespace,
                name,
                version,
                {
                    "arch": architecture,
                    "distro": self._distro,
                    "upstream": upstream_qualifier(name, source, source_version),
                },
            ),
            namespace=self._namespace,
            architecture=architecture,
            source_name=source or name,
            source_version=source_version or version,
            licenses=found,
            locations=(location(self.evidence), *(location(found, "supporting") for found in beside.supporting())),
            files=files,
            metadata_type="dpkg-db-entry",
            metadata=described,
        )

    def _files(self, name: str, inline: Sequence[str], beside: "_Beside") -> tuple[str, ...]:
        """Take the .list, which has every path; without one the checksums and the configuration files."""
        owned = _listed(beside.files)
        if not owned:
            owned = [*dict.fromkeys([*_listed(beside.md5sums), *_listed(beside.conffiles), *inline])]
        if self._diverted and not self._diverted.keys().isdisjoint(owned):
            return tuple(self._moved(path, name) for path in owned)
        return tuple(owned)

    def _companions(self, name: str, architecture: str) -> Iterator[FileFacts | None]:
        stems = [name.encode()] if "/" not in name and "/" not in architecture else []
        if stems and architecture:
            stems.insert(0, f"{name}:{architecture}".encode())
        for kind in (b"list", b"md5sums", b"conffiles"):
            found = None
            for stem in stems:
                found = self._lookup.beside(self._beside, b"%b.%b" % (stem, kind), self.evidence)
                if found is not None:
                    break
            yield found

    def _licenses(self, inline: str, beside: "_Beside") -> tuple[tuple[License, ...], str]:
        """Return the licences, and the reason when there are none."""
        said = licenses.stated(beside.copyright, beside.text)
        if not inline:
            return said.licenses, said.reason
        at = "/" + to_text(self.evidence.path)
        return (License(inline, expression(inline, "debian"), path=at), *said.licenses), ""

    def _diverting(self) -> FileFacts | None:
        directory = self.evidence.path.rpartition(b"/")[0].removesuffix(b"/status.d")
        return None if self.opkg else self._lookup.at(directory + b"/diversions", self.evidence)

    def _moved(self, path: str, name: str) -> str:
        moved, by = self._diverted.get(path, (path, name))
        return path if by == name else moved


class _Beside(NamedTuple):
    """The files that say more of one package."""

    control: FileFacts | None
    files: FileFacts | None
    md5sums: FileFacts | None
    conffiles: FileFacts | None
    copyright: FileFacts | None
    text: FileFacts | None  # the copyright file's text, as another cataloger reads it

    def supporting(self) -> list[FileFacts]:
        """Return the locations of a package, next to its database."""
        return [found for found in self[:-1] if found is not None]


def _listed(found: FileFacts | None) -> Sequence[str]:
    files: Sequence[str] = () if found is None else found.facts.detail.get("files", ())
    return files


def _moves(diversions: FileFacts | None) -> dict[str, tuple[str, str]]:
    if diversions is None:
        return {}
    return {path: (moved, by) for path, moved, by in diversions.facts.detail.get("diversions", ())}


def relations(packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for each package that satisfies a Depends or Pre-Depends of another.

    Every alternative counts and version constraints do not, as in Syft. Databases are kept apart.
    """
    providers = Providers()
    roots = [_root_of(package) for package in packages]
    for package, root in zip(packages, roots, strict=True):
        providers.add(package.id, root, [package.name, *_names(package.metadata.get("provides", ()))])
    for package, root in zip(packages, roots, strict=True):
        wanted = [*package.metadata.get("preDepends", ()), *package.metadata.get("depends", ())]
        yield from providers.relations(package.id, root, _names(wanted))


def _root_of(package: Package) -> bytes:
    return paths.root(package.locations[0].path.encode()[1:]) if package.locations else b""


def _names(items: Sequence[str]) -> list[str]:
    return [match[0] for item in items for part in item.split("|") if (match := _RELATION_NAME.match(part.strip()))]
