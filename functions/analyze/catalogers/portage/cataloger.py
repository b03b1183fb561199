"""Making packages of Portage's database."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import Lookup, location, sightings
from analyze.catalogers.portage import paths
from analyze.catalogers.providers import Providers
from analyze.catalogers.text import Reasons, clean, content, decoded
from cargohold.model import License, Package, Relationship
from cargohold.purl import purl

_LIMIT = 32 << 20
_OTHER_LIMIT = 1 << 20  # of what is not CONTENTS
_BESIDE = ("LICENSE", "SIZE", "SLOT", "RDEPEND")


class PortageCataloger:
    """Packages that Portage installed, with the files that they own.

    Facts: `detail["kind"]` is the name of the file, beside it `paths` and `digests` (of CONTENTS, see
    `contents.files`), `text` (LICENSE, SLOT), `size` (SIZE, in bytes), `dependencies` (RDEPEND) or `groups`.
    """

    name: ClassVar[str] = "portage"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want some files of each entry, and the groups of licences."""
        return Patterns(paths=(paths.ENTRY, paths.GROUPS), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is of no package."""
        from analyze.catalogers.portage import contents, license  # noqa: A004 (the file's name)

        kind = paths.kind(file.path)
        package = paths.package(file.path)
        if not kind or (package is None and kind != "license_groups"):
            return None
        data = content(file, _LIMIT if kind == "CONTENTS" else _OTHER_LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        detail: dict[str, Any] = {"kind": kind}
        identity: list[dict[str, Any]] = []
        if kind == "CONTENTS" and package is not None:
            detail |= contents.files(data, reasons)
            identity.append({"name": package[0], "version": package[1]})
        elif kind == "SIZE":
            number = data.strip()
            if not number.isdigit() or len(number) > 15:
                return Facts(unknowns=["no number"])
            detail["size"] = int(number)
        elif kind == "RDEPEND":
            detail["dependencies"] = contents.dependencies(data)
        elif kind == "license_groups":
            detail["groups"] = license.groups(decoded(data), reasons)
        else:
            detail["text"] = clean(decoded(data))
        return Facts(identity, detail, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the package of each CONTENTS, with what lies beside it."""
        lookup = Lookup(view, self.name)
        found = [one for one in lookup.found if one.facts.detail.get("kind") == "CONTENTS"]
        for evidence, _, key in sightings(view, self.name, found):
            yield Finding(_package(evidence, key, lookup), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what a package needs when it runs to it, whatever the version or slot, within one database."""
        providers = Providers()
        for package in packages:
            providers.add(package.id, _database(package), [package.name])
        for package in packages:
            yield from providers.relations(package.id, _database(package), package.metadata.get("dependencies", ()))


def _package(evidence: FileFacts, key: dict[str, Any], lookup: Lookup) -> Package:
    name, version = key["name"], key["version"]
    detail = evidence.facts.detail
    directory = evidence.path.rpartition(b"/")[0]
    beside = {
        kind: found
        for kind in _BESIDE
        if (found := lookup.at(directory + b"/" + kind.encode(), evidence)) and found.facts.detail.get("kind") == kind
    }
    said = {kind: found.facts.detail for kind, found in beside.items()}
    metadata = {
        "installedSize": said.get("SIZE", {}).get("size", 0),
        "licenses": said.get("LICENSE", {}).get("text", ""),
        "slot": said.get("SLOT", {}).get("text", ""),
        "dependencies": said.get("RDEPEND", {}).get("dependencies", []),
        "files": [
            {"path": path, "digest": {"algorithm": "md5", "value": digest}}
            for path, digest in zip(detail["paths"], detail["digests"], strict=True)
            if digest
        ],
    }
    category, _, base = name.partition("/")
    return Package(
        cataloger="portage",
        type="portage",
        name=name,
        version=version,
        purl=purl("ebuild", category, base, version),
        namespace=category,
        source_name=name,
        source_version=version,
        licenses=_licenses(beside.get("LICENSE"), evidence, lookup),
        locations=(location(evidence), *(location(found, "supporting") for found in beside.values())),
        files=tuple(detail["paths"]),
        metadata_type="portage-db-entry",
        metadata={field: value for field, value in metadata.items() if value},
    )


def _licenses(found: FileFacts | None, evidence: FileFacts, lookup: Lookup) -> tuple[License, ...]:
    from analyze.catalogers.portage import license  # noqa: A004 (the file's name)

    if found is None:
        return ()
    text = found.facts.detail["text"]
    groups: FileFacts | None = None
    if "@" in text:
        groups = lookup.at(paths.root(evidence.path) + b"etc/portage/license_groups", evidence)
    known = groups.facts.detail.get("groups", {}) if groups is not None else {}
    value, spdx = license.licenses(text, known)
    return (License(value, spdx, path=location(found).path),) if value else ()


def _database(package: Package) -> str:
    return package.locations[0].path.rsplit("/", 3)[0] if package.locations else ""
