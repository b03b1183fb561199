"""Making packages of plugins and themes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import location, sightings
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION, clean, listed
from cargohold.model import License, Package, Relationship
from cargohold.purl import purl

_LIMIT = 16 << 20
_PATH = rb"(?:.*/)?wp-content/(?:(?:mu-)?plugins/(?:[^/]+/)?[^/]+\.php|themes/[^/]+/style\.css)"
_SLUG = re.compile(r"/wp-content/(?:mu-plugins|plugins|themes)/(?P<slug>[^/]+)(?:/[^/]*)?\Z")


class WordpressCataloger:
    """Plugins, also those of one file, and themes. Facts: `detail["kind"]` is plugin or theme, see `headers`.

    A package is called what its header says, as WordPress shows it; its purl has the name of its
    directory (or file), by which WordPress's own directory of plugins knows it.
    """

    name: ClassVar[str] = "wordpress"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want the files in which WordPress looks for headers."""
        return Patterns(paths=(_PATH,), max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read the beginning of one; None when it has no headers."""
        from analyze.catalogers.wordpress.headers import SIZE, headers

        if file.size > _LIMIT:
            return Facts(unknowns=[f"larger than {_LIMIT} bytes"])
        kind = "theme" if file.path.endswith(b"/style.css") else "plugin"
        found = headers(file.head(SIZE), kind)
        if found is None:
            return None
        key = {"name": found["name"], "version": found.get("version", UNKNOWN_VERSION)}
        return Facts([key], {"kind": kind, "headers": found})

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each."""
        for evidence, _, key in sightings(view, self.name, view.facts(self.name)):
            yield Finding(_package(evidence, key["version"]), evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:  # noqa: ARG002
        """Relate the plugins that a plugin requires, and the parent of a theme, to it, within one site."""
        known: dict[tuple[str, str, str], str] = {}
        for package in packages:
            known.setdefault((_site(package), package.type, _slug(package)), package.id)
        for package in packages:
            wanted = listed(package.metadata.get("requiresPlugins", "")) + listed(package.metadata.get("template", ""))
            found = {known.get((_site(package), package.type, slug), "") for slug in wanted}
            for dependency in sorted(found - {"", package.id}):
                yield Relationship(dependency, package.id, "dependency-of")


def _package(evidence: FileFacts, version: str) -> Package:
    found, kind = evidence.facts.detail["headers"], evidence.facts.detail["kind"]
    at = location(evidence)
    slug = _slug_of(at.path)
    stated = found.get("license", "")
    metadata = {field: value for field, value in found.items() if field not in ("name", "version", "license")}
    return Package(
        cataloger="wordpress",
        type=f"wordpress-{kind}",
        language="php",
        name=found["name"],
        version=version,
        purl=purl("generic", "", slug or kind, found.get("version", "")),
        licenses=(License(stated, expression(stated), path=at.path),) if stated else (),
        locations=(at,),
        metadata_type=f"wordpress-{kind}-entry",
        metadata={f"{kind}InstallDirectory": slug, **metadata},
    )


def _slug_of(path: str) -> str:
    match = _SLUG.search(path)
    return clean(match["slug"].removesuffix(".php")) if match else ""


def _slug(package: Package) -> str:
    return _slug_of(package.locations[0].path)


def _site(package: Package) -> str:
    return package.locations[0].path.partition("/wp-content/")[0]
