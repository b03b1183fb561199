"""Making packages of what Composer and PEAR's installer say that they installed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.license_text import Texts
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.providers import Providers
from analyze.catalogers.spdx import alternatives, expression
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons, content
from cargohold.model import License, Location, Package, Relationship
from cargohold.paths import to_bytes
from cargohold.purl import purl

_LIMIT = 16 << 20
_REGISTRY = re.compile(rb"(?:.*/)?\.registry/.*\.reg", re.DOTALL)
_COMPOSER = b"/composer/installed.json"
_PECL = "pecl.php.net"  # the channel of packages that name none


class PhpCataloger:
    """Packages of Composer, with those for development, and of PEAR and PECL.

    Facts: `detail["kind"]` is composer or pear, with `packages` (see `composer` and `pear`).
    """

    name: ClassVar[str] = "php"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want every installed.json and what may be an entry of a PEAR registry."""
        return Patterns(basenames=frozenset({b"installed.json"}), extensions=frozenset({b"reg"}), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is something else."""
        from analyze.catalogers.php import pear

        registry = file.path.endswith(b".reg")
        if registry and not _REGISTRY.fullmatch(file.path):
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        if registry:
            entry = pear.package(data, reasons)
            packages = [entry] if entry is not None else []
        else:
            packages = _composer(data, reasons)
            if not packages and not (b"/" + file.path).endswith(_COMPOSER):
                return None
        identity = [{"name": one["name"], "version": one.get("version", UNKNOWN_VERSION)} for one in packages]
        return Facts(identity, {"kind": "pear" if registry else "composer", "packages": packages}, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        texts = Texts(view)
        for evidence, position, key in sightings(view, self.name, view.facts(self.name)):
            record = evidence.facts.detail["packages"][position]
            if evidence.facts.detail["kind"] == "pear":
                package = _pear_package(key, record, location(evidence))
            else:
                package = _composer_package(key, record, location(evidence))
                directory = evidence.path.removesuffix(_COMPOSER[1:]) + to_bytes(record["name"])
                package.licenses = texts.completed(package.licenses, evidence, directory)
            yield Finding(package, evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate what a package requires to it: within one installed.json, or one registry."""
        providers = Providers()
        for package in packages:
            providers.add(package.id, _place(package), _names(package))
        for package in packages:
            requires = package.metadata.get("require", package.metadata.get("requires", ()))
            yield from providers.relations(package.id, _place(package), map(str.lower, requires))


def _composer(data: bytes, reasons: Reasons) -> list[dict[str, Any]]:
    from analyze.catalogers.php import composer

    try:
        return composer.installed(loads(data), reasons)
    except ValueError as error:
        reasons.add(f"no JSON: {str(error)[:200]}")
        return []


def _composer_package(key: dict[str, Any], record: dict[str, Any], at: Location) -> Package:
    vendor, slash, name = record["name"].partition("/")
    if not slash:
        vendor, name = "", record["name"]
    # A purl's name has no slash: a longer name is joined as Syft does.
    base = name.strip("/").replace("/", "-")
    found = purl("composer", vendor, base or vendor, key["version"])
    return _package("php-composer", "php-composer-installed-entry", key, record, at, found, vendor if slash else "")


def _pear_package(key: dict[str, Any], record: dict[str, Any], at: Location) -> Package:
    channel = record.get("channel", _PECL)
    name = record["name"].strip("/").replace("/", "-")
    found = purl("pear", channel, name, record.get("version", ""))
    return _package("php-pear", "php-pear-entry", key, record, at, found, channel)


def _package(
    type_: str,
    metadata_type: str,
    key: dict[str, Any],
    record: dict[str, Any],
    at: Location,
    found: str,
    namespace: str,
) -> Package:
    licenses = alternatives(record.get("license", ()), at.path)  # of which one may be chosen, says Composer
    licenses += tuple(License(value, expression(value), path=at.path) for value in record.get("licenses", ()))
    return Package(
        cataloger="php",
        type=type_,
        language="php",
        name=key["name"],
        version=key["version"],
        purl=found,
        namespace=namespace,
        licenses=licenses,
        locations=(at,),
        files=tuple(record.get("files", ())),
        metadata_type=metadata_type,
        metadata={field: value for field, value in record.items() if field not in ("license", "licenses", "files")},
    )


def _place(package: Package) -> str:
    path = package.locations[0].path
    return path if package.type == "php-composer" else path.partition("/.registry/")[0]


def _names(package: Package) -> set[str]:
    """Return what a package can be required as; names are the same in upper and lower case."""
    if package.type == "php-pear":
        return {f"{package.namespace}/{package.name}".lower()}
    said = package.metadata
    return {name.lower() for name in (package.name, *said.get("provide", ()), *said.get("replace", ()))}
