"""Making packages of what Conan says."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyze.catalogers.conan.packages import Packages, relations
from analyze.catalogers.conan.references import parse
from analyze.catalogers.contract import Facts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.lookup import Lookup, sightings
from analyze.catalogers.sqlite import MAGIC
from analyze.catalogers.text import Reasons, content, decoded
from cargohold.model import Package, Relationship
from cargohold.paths import to_text

_LIMIT = 16 << 20
_ONE = re.compile(
    rb"(?:.*/)?(?P<name>[^/]+)/(?P<version>[^/]+)/(?P<user>[^/]+)/(?P<channel>[^/]+)/package/(?P<package>[^/]+)/[^/]+",
    re.DOTALL,
)
_DEPLOYED = re.compile(
    rb"(?:.*/)?full_deploy/(?:host|build)/(?P<name>[^/]+)/(?P<version>[^/]+)(?:/[^/]+){0,2}/[^/]+", re.DOTALL
)


class ConanCataloger:
    """C and C++ packages that Conan installed.

    Facts: `detail["kind"]` is info (beside it the sections of `info.sections`), manifest (`files`) or cache
    (`packages`, see `cache`). The path of a conaninfo.txt names its package in Conan 1's cache and where
    `full_deploy` puts it; in Conan 2's cache only the cache's database does.
    """

    name = "conan"
    version = 1

    def patterns(self) -> Patterns:
        """Want the files of each package, and the database of the cache."""
        names = frozenset({b"conaninfo.txt", b"conanmanifest.txt", b"cache.sqlite3"})
        return Patterns(basenames=names, max_size=_LIMIT)

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one; None when it is a database of something else."""
        from analyze.catalogers.conan import info

        database = file.path.endswith(b"cache.sqlite3")
        if database and (not file.path.endswith(b"p/cache.sqlite3") or file.head(len(MAGIC)) != MAGIC):
            return None
        if database:
            return _cache(file)
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        if file.path.endswith(b"conanmanifest.txt"):
            return Facts(detail={"kind": "manifest", "files": info.manifest(decoded(data))})
        return _info(file.path, info.sections(decoded(data)))

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make the packages that paths name, those that Conan 1 only says are required, and those of caches."""
        packages = Packages(view, Lookup(view, self.name))
        for evidence, position, key in sightings(view, self.name, packages.named()):
            package = packages.required(evidence, position, key) if position else packages.own(evidence, key)
            if package is not None:
                yield Finding(package, evidence, key)
        for evidence, position, key in sightings(view, self.name, packages.caches()):
            package = packages.cached(evidence, evidence.facts.detail["packages"][position])
            if package is not None:
                yield Finding(package, evidence, key)

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate what a package requires to it."""
        return relations(Lookup(view, self.name), packages)


def _cache(file: LayerFile) -> Facts:
    from analyze.catalogers.conan import cache

    if file.size > _LIMIT:
        return Facts(unknowns=[f"larger than {_LIMIT} bytes"])
    reasons = Reasons()
    with file.open() as stream:
        packages = cache.packages(stream, file.size, reasons)
    identity = [{key: one[key] for key in ("name", "version", "package_id")} for one in packages]
    return Facts(identity, {"kind": "cache", "packages": packages}, reasons.listed())


def _info(path: bytes, said: dict[str, list[str]]) -> Facts | None:
    """Return facts whose first identity is the package's own, by its path, and the others what it requires in full."""
    detail: dict[str, Any] = {"kind": "info", **said}
    match = _ONE.fullmatch(path) or _DEPLOYED.fullmatch(path)
    if match is None:
        return Facts(detail=detail) if said else None
    parts = {key: to_text(value) for key, value in match.groupdict().items()}
    text = f"{parts['name']}/{parts['version']}"
    if parts.get("user") not in (None, "_"):
        text += f"@{parts['user']}/{parts['channel']}"
    own = parse(text)
    if own is None:
        return Facts(detail=detail) if said else None
    detail["reference"] = "#".join([text, *said.get("recipe_hash", ())[:1]])
    required = [one for line in said.get("full_requires", ()) if (one := parse(line)) is not None]
    detail["required"] = [one.text for one in required]
    identity = [{"name": own.name, "version": own.version, "package_id": parts.get("package", "")}]
    identity += [{"name": one.name, "version": one.version, "package_id": one.package_id} for one in required]
    return Facts(identity, detail)
