"""The status file of dpkg and opkg, and opkg's control files.

Source: deb-control(5) and deb822(5) for the syntax, dpkg(1) "Package states" for the Status field,
Debian Policy 5.6.1 for `Source: name (version)`.
"""

import re
from collections.abc import Iterator
from typing import Any

from analyze.catalogers.text import PACKAGES, Reasons, clean, is_name, listed

_WANTED = frozenset(
    [
        "package",
        "status",
        "version",
        "architecture",
        "source",
        "maintainer",
        "installed-size",
        "provides",
        "depends",
        "pre-depends",
        "conffiles",
        "license",
        "feature",
        "port-version",
        "default-features",
    ]
)
_NOT_INSTALLED = frozenset({"not-installed", "config-files"})
_FIELD_NAME = re.compile(r"[!-9;-~]+")  # deb822: printable ASCII without blanks and the colon
_SOURCE = re.compile(r"(\S+)\s*(?:\(([^)]*)\))?")
_SIZE = re.compile(r"\d{1,15}")
_CONFFILES = 20_000  # of one package
_VCPKG = ("port-version", "feature", "default-features")


def installed(text: str, reasons: Reasons) -> list[dict[str, Any]] | None:
    """Return the packages that are on the disk, or None when vcpkg wrote the file.

    Keys are Syft's dpkg-db-entry fields, and `conffiles` (paths) and `license`; empty ones are absent.
    `installedSize` is in KiB. A broken line costs at most its own stanza.
    """
    packages: list[dict[str, Any]] = []
    for line, fields in stanzas(text, reasons):
        if any(key in fields for key in _VCPKG):
            return None
        if not _is_on_disk(fields.get("status", "")):
            continue
        if len(packages) == PACKAGES:
            reasons.add(f"more than {PACKAGES} packages")
            break
        name, version = clean(fields.get("package", "")), clean(fields.get("version", ""))
        if not is_name(name):
            reasons.add(f"the stanza at line {line} has no Package")
            continue
        if not version:
            reasons.add(f"the stanza at line {line} has no Version")
        packages.append(_package(name, version, fields))
    return packages


def stanzas(text: str, reasons: Reasons) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each stanza's first line number and its wanted fields, by lower-case name.

    The first of a field that occurs twice counts, as it does for dpkg-query.
    """
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.isspace():
            if fields:
                yield start, _joined(fields)
            fields, values = {}, []
        elif line[0] in " \t":
            values.append(line)
        else:
            if not fields:
                start = number
            name, colon, value = line.partition(":")
            values = []
            key = name.lower()
            if not colon or not _FIELD_NAME.fullmatch(name):
                reasons.add(f"line {number} is no field")
            elif key in fields:
                reasons.add(f"line {number} repeats {clean(name)}")
            elif key in _WANTED:
                values.append(value)
                fields[key] = values
    if fields:
        yield start, _joined(fields)


def _joined(fields: dict[str, list[str]]) -> dict[str, str]:
    return {key: values[0] if len(values) == 1 else "\n".join(values) for key, values in fields.items()}


def _is_on_disk(status: str) -> bool:
    """Tell from `want flag state`. What is marked for removal but not removed is still there."""
    states = status.split()
    if not states:
        return True  # distroless and control files have no Status
    return states[-1] not in _NOT_INSTALLED


def _package(name: str, version: str, fields: dict[str, str]) -> dict[str, Any]:
    source, source_version = _source(fields.get("source", ""))
    size = _SIZE.match(fields.get("installed-size", "").strip())
    package = {
        "package": name,
        "source": source,
        "version": version,
        "sourceVersion": source_version,
        "architecture": clean(fields.get("architecture", "")),
        "maintainer": clean(fields.get("maintainer", "")),
        "installedSize": int(size[0]) if size else 0,
        "provides": listed(fields.get("provides", "")),
        "depends": listed(fields.get("depends", "")),
        "preDepends": listed(fields.get("pre-depends", "")),
        "conffiles": _conffiles(fields.get("conffiles", "")),
        "license": clean(fields.get("license", "")),
    }
    return {key: value for key, value in package.items() if value}


def _source(value: str) -> tuple[str, str]:
    match = _SOURCE.match(clean(value))
    return (match[1], (match[2] or "").strip()) if match else ("", "")


def _conffiles(value: str) -> list[str]:
    """Return the paths of ` path md5 [obsolete]` lines that are still the package's."""
    paths = []
    for line in value.split("\n", _CONFFILES)[:_CONFFILES]:
        path, _, rest = line.strip().partition(" ")
        if path.startswith("/") and "obsolete" not in rest and "newconffile" not in path:
            paths.append(clean(path))
    return paths
