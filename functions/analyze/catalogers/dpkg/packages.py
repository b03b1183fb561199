"""One dpkg or opkg database of an image, and the packages made of its records."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from analyze.catalogers.contract import FileFacts, ImageView
from analyze.catalogers.dpkg import licenses, paths
from analyze.catalogers.license_text import Texts
from analyze.catalogers.lookup import Lookup, location
from analyze.catalogers.providers import Providers
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION
from cargohold.model import License, Package, Relationship
from cargohold.paths import to_text
from cargohold.purl import distro_qualifier, purl, upstream_qualifier

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
        self._diverted = self._diversions()
        distro = view.distro
        self._distro = distro_qualifier(distro)
        self._namespace = ""
        if distro is not None and (self.opkg or distro.id == "debian" or "debian" in distro.id_like):
            self._namespace = distro.id

    def package(self, record: dict[str, Any], control: tuple[FileFacts, dict[str, Any]] | None) -> Package:
        """Return the package of a record; `control` is opkg's own file on it and has more fields."""
        metadata = record if control is None else {**control[1], **record}
        name, version = record["package"], record.get("version", "")
        architecture = metadata.get("architecture", "")
        source, source_version = metadata.get("source", ""), metadata.get("sourceVersion", "")
        supporting = [] if control is None else [control[0]]
        files = self._files(name, architecture, metadata.get("conffiles", ()), supporting)
        found, reason = self._licenses(name, metadata.get("license", ""), supporting)
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
            locations=(location(self.evidence), *(location(found, "supporting") for found in supporting)),
            files=files,
            metadata_type="dpkg-db-entry",
            metadata=described,
        )

    def _files(
        self, name: str, architecture: str, inline: Sequence[str], supporting: list[FileFacts]
    ) -> tuple[str, ...]:
        """Take the .list, which has every path; without one the checksums and the configuration files."""
        lists = {}
        for kind in ("list", "md5sums", "conffiles"):
            found = self._companion(name, architecture, kind)
            if found is not None:
                supporting.append(found)
                lists[kind] = found.facts.detail.get("files", ())
        owned = lists.get("list")
        if not owned:
            owned = [*dict.fromkeys([*lists.get("md5sums", ()), *lists.get("conffiles", ()), *inline])]
        if self._diverted and not self._diverted.keys().isdisjoint(owned):
            return tuple(self._moved(path, name) for path in owned)
        return tuple(owned)

    def _companion(self, name: str, architecture: str, kind: str) -> FileFacts | None:
        if "/" in name or "/" in architecture:
            return None
        for stem in (f"{name}:{architecture}", name) if architecture else (name,):
            found = self._lookup.beside(self._beside, f"{stem}.{kind}".encode(), self.evidence)
            if found is not None:
                return found
        return None

    def _licenses(self, name: str, inline: str, supporting: list[FileFacts]) -> tuple[tuple[License, ...], str]:
        """Return the licences, and the reason when there are none."""
        path = b"%busr/share/doc/%b/copyright" % (self._root, name.encode())
        found = None if "/" in name else self._lookup.at(path, self.evidence)
        if found is not None:
            supporting.append(found)
        said = licenses.stated(found, path, self._texts, self.evidence)
        if not inline:
            return said.licenses, said.reason
        at = "/" + to_text(self.evidence.path)
        return (License(inline, expression(inline, "debian"), path=at), *said.licenses), ""

    def _diversions(self) -> dict[str, tuple[str, str]]:
        directory = self.evidence.path.rpartition(b"/")[0].removesuffix(b"/status.d")
        found = None if self.opkg else self._lookup.at(directory + b"/diversions", self.evidence)
        if found is None:
            return {}
        return {path: (moved, by) for path, moved, by in found.facts.detail.get("diversions", ())}

    def _moved(self, path: str, name: str) -> str:
        moved, by = self._diverted.get(path, (path, name))
        return path if by == name else moved


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
