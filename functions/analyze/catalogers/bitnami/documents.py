"""What Bitnami writes about its packages.

Source: the SPDX documents `.spdx-NAME.spdx` (SPDX 2.3 in JSON) and, in older images,
`.bitnami_components.json`, an object of name → `arch`, `distro`, `version`, as Syft's bitnami cataloger reads
them. Versions end with the revision of Bitnami's build: `17.2.0-8`.
"""

import re
from typing import Any

from analyze.catalogers.sbom.components import items, text
from analyze.catalogers.sbom.purls import Purl, parsed
from analyze.catalogers.sbom.spdx import references
from analyze.catalogers.text import PACKAGES, PATHS, Reasons, clean, is_name
from cargohold.paths import to_text
from cargohold.purl import purl

_REVISION = re.compile(r"-(\d{1,9})\Z")
_NOTHING = frozenset({"", "NONE", "NOASSERTION"})


def revision(version: str) -> str:
    """Return the revision of Bitnami's build, or ""."""
    match = _REVISION.search(version)
    return match[1] if match else ""


def listed(document: Any) -> list[dict[str, Any]]:
    """Return the packages of `.bitnami_components.json`: name, version, architecture, distro, purl."""
    found = []
    for name, entry in list(document.items())[:PACKAGES] if isinstance(document, dict) else ():
        name = clean(name)
        version = text(entry.get("version")) if isinstance(entry, dict) else ""
        if not is_name(name) or not version:
            continue
        architecture, distro = text(entry.get("arch")), text(entry.get("distro"))
        url = purl(
            "bitnami", "", name.replace("/", "_").strip("_") or name, version, {"arch": architecture, "distro": distro}
        )
        package = {"name": name, "version": version, "architecture": architecture, "distro": distro, "purl": url}
        found.append({key: value for key, value in package.items() if value})
    return found


def described(document: dict[str, Any], reasons: Reasons) -> list[dict[str, Any]]:
    """Return the Bitnami packages of an SPDX document; what else it lists is found by other catalogers.

    Beside the fields of `listed`: `licenses`, `main` (the package that the others are part of), and `files`
    of the others, relative to the directory of the document.
    """
    packages: dict[str, tuple[dict[str, Any], Purl]] = {}
    for package in items(document.get("packages"))[:PACKAGES]:
        urls = [one for locator in references(package, "purl")[:10] if (one := parsed(locator))]
        if url := next((one for one in urls if one.type == "bitnami"), None):
            packages.setdefault(text(package.get("SPDXID")), (package, url))
    contents = _Contents(document)
    main = contents.main(list(packages))
    found = []
    for identifier, (package, url) in packages.items():
        files = contents.files(identifier, reasons) if identifier != main else []
        licenses = [text(package.get(field)) for field in ("licenseDeclared", "licenseConcluded")]
        record: dict[str, Any] = {
            "name": url.name,
            "version": url.version or text(package.get("versionInfo")),
            "architecture": url.qualifiers.get("arch", ""),
            "distro": url.qualifiers.get("distro", ""),
            "purl": url.canonical,
            "licenses": list(dict.fromkeys(value for value in licenses if value not in _NOTHING)),
            "main": identifier == main,
            "files": files,
        }
        if record["version"]:
            found.append({key: value for key, value in record.items() if value})
    return found


class _Contents:
    """What contains what in a document, as far as its relationships say."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._names = {text(one.get("SPDXID")): text(one.get("fileName")) for one in items(document.get("files"))}
        self._below: dict[str, list[str]] = {}
        self._contained: set[str] = set()
        self._left = PATHS
        for relation in items(document.get("relationships")):
            if text(relation.get("relationshipType")) == "CONTAINS":
                child = text(relation.get("relatedSpdxElement"))
                self._below.setdefault(text(relation.get("spdxElementId")), []).append(child)
                self._contained.add(child)

    def main(self, identifiers: list[str]) -> str:
        """Return the package that contains others and is in none, or the only one."""
        if len(identifiers) == 1:
            return identifiers[0]
        return next((one for one in identifiers if one in self._below and one not in self._contained), "")

    def files(self, identifier: str, reasons: Reasons) -> list[str]:
        """Return the files in a package and in what it contains."""
        found: dict[str, None] = {}
        seen = {identifier}
        waiting = [identifier]
        while waiting:
            for child in self._below.get(waiting.pop(), ()):
                self._left -= 1
                if self._left < 0:
                    reasons.add(f"more than {PATHS} things contained in others")
                    return list(found)
                if child in seen:
                    continue
                seen.add(child)
                waiting.append(child)
                if name := self._names.get(child):
                    found[to_text(name.encode()).removeprefix("./")] = None
        return list(found)
