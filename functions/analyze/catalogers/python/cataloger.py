"""Making packages of installed Python distributions."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, ClassVar

from analyze.catalogers.contract import Facts, FileFacts, Finding, ImageView, LayerFile, Patterns
from analyze.catalogers.license_text import Texts
from analyze.catalogers.license_text import matching as texts
from analyze.catalogers.lookup import Lookup, location, sightings
from analyze.catalogers.prototypes import finding
from analyze.catalogers.python import metadata, paths, record
from analyze.catalogers.python.requirements import relations
from analyze.catalogers.spdx import expression
from analyze.catalogers.text import UNKNOWN_VERSION, Reasons, content, decoded, is_name
from cargohold.model import License, Package, Relationship
from cargohold.paths import to_text
from cargohold.purl import normalized_python_name, purl

_LIMIT = 16 << 20
_NOT_METADATA = frozenset({"license", "licenseExpression", "classifiers"})


class PythonCataloger:
    """Python distributions that are installed, with their files.

    Facts: `detail["kind"]` is metadata, with `headers`; record or installed-files, with `files`;
    top-level, with `packages`; direct-url, with `origin`; or venv, with `system`.
    """

    name: ClassVar[str] = "python"
    version: ClassVar[int] = 1

    def patterns(self) -> Patterns:
        """Want the metadata and what lies beside it."""
        return Patterns(
            basenames=frozenset(
                {
                    b"METADATA",
                    b"PKG-INFO",
                    b"RECORD",
                    b"installed-files.txt",
                    b"top_level.txt",
                    b"direct_url.json",
                    b"pyvenv.cfg",
                }
            ),
            extensions=frozenset({b"egg-info"}),
            max_size=_LIMIT,
        )

    def extract(self, file: LayerFile) -> Facts | None:
        """Read one of them; None when it lies elsewhere."""
        kind = paths.kind(file.path)
        if not kind:
            return None
        data = content(file, _LIMIT)
        if isinstance(data, Facts):
            return data
        reasons = Reasons()
        detail: dict[str, Any] = {"kind": kind}
        identity: list[dict[str, Any]] = []
        if kind == "metadata":
            headers = metadata.headers(decoded(data))
            name = normalized_python_name(headers.get("name", ""))
            if name == "python":  # the interpreter's own egg-info in lib2to3 and distributions' builds
                return None
            detail["headers"] = headers
            if is_name(name):
                identity = [{"name": name, "version": headers.get("version", UNKNOWN_VERSION)}]
            else:
                reasons.add("no Name")
            if "version" not in headers:
                reasons.add("no Version")
        elif kind == "record":
            detail["files"] = record.recorded(data, reasons)
        elif kind == "installed-files":
            detail["files"] = record.lines(data, reasons)
        elif kind == "top-level":
            detail["packages"] = record.lines(data, reasons)
        elif kind == "direct-url":
            detail["origin"] = record.direct_url(data, reasons)
        else:
            detail["system"] = record.includes_system_site(decoded(data))
        return Facts(identity, detail, reasons.listed())

    def assemble(self, view: ImageView) -> Iterable[Finding]:
        """Make a package of each distribution, with the files, imports and origin recorded beside it."""
        lookup, beside = Lookup(view, self.name), Texts(view)
        for evidence, position, key in sightings(view, self.name, lookup.found):
            companions = _companions(lookup, evidence)
            make = partial(_package, key, companions, evidence)
            found = finding(evidence, position, key, make, tuple(companions.values()))
            if directory := paths.directory(evidence.path):
                package = found.package
                package.licenses = beside.completed(package.licenses, evidence, directory + b"/licenses", directory)
            yield found

    def relate(self, view: ImageView, packages: Sequence[Package]) -> Iterator[Relationship]:
        """Relate what a distribution requires to it, within what its interpreter sees."""
        venvs = {
            "/" + to_text(found.path.rpartition(b"/")[0]): bool(found.facts.detail["system"])
            for found in view.facts(self.name)
            if found.facts.detail.get("kind") == "venv"
        }
        return relations(packages, venvs)


def _package(key: dict[str, Any], companions: dict[str, FileFacts], evidence: FileFacts) -> Package:
    headers = evidence.facts.detail["headers"]
    name, version = key["name"], headers.get("version", "")
    site = paths.site(evidence.path)
    site_text = "/" + to_text(site)
    described = {field: value for field, value in headers.items() if field not in _NOT_METADATA}
    described |= {"name": headers["name"], "sitePackagesRootPath": site_text}
    if "top-level" in companions:
        described["topLevelPackages"] = companions["top-level"].facts.detail.get("packages", [])
    origin = companions["direct-url"].facts.detail.get("origin", {}) if "direct-url" in companions else {}
    if origin:
        described["directUrlOrigin"] = origin
    files: tuple[str, ...] = ()
    if "record" in companions:
        files = _absolute(companions["record"].facts.detail.get("files", ()), site_text)
    elif "installed-files" in companions:
        base = "/" + to_text(paths.directory(evidence.path))
        files = _absolute(companions["installed-files"].facts.detail.get("files", ()), base)
    at = location(evidence)
    return Package(
        cataloger="python",
        type="python",
        language="python",
        name=name,
        version=key["version"],
        purl=purl("pypi", "", name, version, {"vcs_url": _vcs_url(origin)}),
        licenses=_licenses(headers, at.path),
        locations=(at, *(location(found, "supporting") for found in companions.values())),
        files=files,
        metadata_type="python-package",
        metadata=described,
    )


def _companions(lookup: Lookup, evidence: FileFacts) -> dict[str, FileFacts]:
    directory = paths.directory(evidence.path)
    if not directory:
        return {}
    names = {"record": b"RECORD", "top-level": b"top_level.txt", "direct-url": b"direct_url.json"}
    if evidence.path.endswith((b"PKG-INFO", b"pkg-info")):
        names = {"installed-files": b"installed-files.txt", "top-level": b"top_level.txt"}
    found = ((kind, lookup.beside(directory + b"/", name, evidence)) for kind, name in names.items())
    return {kind: facts for kind, facts in found if facts is not None and facts.facts.detail.get("kind") == kind}


def _absolute(files: Sequence[str], base: str) -> tuple[str, ...]:
    prefix = base.rstrip("/") + "/"
    return tuple(
        dict.fromkeys(_joined(prefix, path) if path[0] in "/." or "/." in path else prefix + path for path in files)
    )


def _joined(prefix: str, path: str) -> str:
    return "/" + posixpath.normpath(posixpath.join(prefix, path)).lstrip("/")


def _vcs_url(origin: dict[str, str]) -> str:
    """Return Syft's `vcs_url`, `git+url@commit`, or "" when the origin is no repository."""
    if not origin.get("vcs") or not origin.get("url"):
        return ""
    commit = origin.get("commitId", "")
    return f"{origin['vcs']}+{origin['url']}" + (f"@{commit}" if commit else "")


@lru_cache(maxsize=512)
def _known_texts(text: str) -> tuple[str, ...]:
    """Return what `licenses` finds in a text; a base image's packages bring the same ones every time."""
    return tuple(texts.licenses(text.encode()))


def _licenses(headers: dict[str, Any], path: str) -> tuple[License, ...]:
    """Take License-Expression, else License, else the classifiers.

    A License field of many lines is a licence's text, not a name: what it is stands for it, or its first line.
    """
    if value := headers.get("licenseExpression"):
        return (License(value, expression(value), path=path),)
    if value := headers.get("license"):
        first, _, rest = value.partition("\n")
        if rest and (found := _known_texts(value)):
            return tuple(License(name, name, "concluded", path) for name in found)
        first = first.strip()[:200]
        return (License(first, expression(first), path=path),)
    return tuple(
        License(value, expression(value), path=path) for value in dict.fromkeys(headers.get("classifiers", ()))
    )
