"""`metadata` of artifacts: what Syft's schema requires is there, empty where nothing is known.

Source: the `required` fields of `schema/json/schema-16.0.18.json`. Catalogers keep no empty fields, and
the files of a package once, in `Package.files`.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from api.formats.rows import members, strings
from cargohold.model import Package

_TEXT, _NUMBER, _LIST, _FLAG = "", 0, (), False

_RPM = {
    "name": _TEXT,
    "version": _TEXT,
    "epoch": None,
    "architecture": _TEXT,
    "release": _TEXT,
    "sourceRpm": _TEXT,
    "size": _NUMBER,
    "vendor": _TEXT,
}


def _texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), _TEXT)


_REQUIRED: dict[str, dict[str, Any]] = {
    "alpm-db-entry": _texts("basepackage package version description architecture packager url")
    | {"size": _NUMBER, "reason": _NUMBER, "backup": _LIST},
    "apk-db-entry": _texts(
        "package originPackage maintainer version architecture url description pullChecksum gitCommitOfApkPort"
    )
    | {"size": _NUMBER, "installedSize": _NUMBER, "pullDependencies": _LIST, "provides": _LIST},
    "binary-signature": {"matches": _LIST},
    "c-conan-info-entry": _texts("ref"),
    "c-conan-lock-entry": _texts("ref"),
    "c-conan-lock-v2-entry": _texts("ref"),
    "cocoa-podfile-lock-entry": _texts("checksum"),
    "dart-pubspec-lock-entry": _texts("name version"),
    "dotnet-deps-entry": _texts("name version path sha512 hashPath"),
    "dotnet-portable-executable-entry": _texts("assemblyVersion legalCopyright companyName productName productVersion"),
    "elixir-mix-lock-entry": _texts("name version pkgHash pkgHashExt"),
    "erlang-rebar-lock-entry": _texts("name version pkgHash pkgHashExt"),
    "dpkg-db-entry": _texts("package source version sourceVersion architecture maintainer")
    | {"installedSize": _NUMBER},
    "go-module-buildinfo-entry": _texts("goCompiledVersion architecture"),
    "java-archive": _texts("virtualPath"),
    "java-jvm-installation": {"release": {}},
    "javascript-npm-package": _texts("name version author homepage description url") | {"private": _FLAG},
    "javascript-npm-package-lock-entry": _texts("resolved integrity"),
    "javascript-yarn-lock-entry": _texts("resolved integrity"),
    "linux-kernel-archive": _texts("name architecture version"),
    "luarocks-package": _texts("name version license homepage description url") | {"dependencies": {}},
    "nix-store-entry": _texts("outputHash"),
    "opam-package": _texts("name version url homepage")
    | dict.fromkeys(("licenses", "checksum", "dependencies"), _LIST),
    "php-composer-installed-entry": _texts("name version") | {"source": {}, "dist": {}},
    "php-composer-lock-entry": _texts("name version") | {"source": {}, "dist": {}},
    "php-pecl-entry": _texts("name version"),
    "portage-db-entry": {"installedSize": _NUMBER},
    "python-package": _texts("name version author authorEmail platform sitePackagesRootPath"),
    "python-pip-requirements-entry": _texts("name versionConstraint"),
    "python-pipfile-lock-entry": {"hashes": _LIST, "index": _TEXT},
    "python-poetry-lock-entry": {"index": _TEXT, "dependencies": _LIST},
    "rpm-archive": _RPM,
    "rpm-db-entry": _RPM,
    "ruby-gemspec": _texts("name version"),
    "rust-cargo-audit-entry": _texts("name version source"),
    "rust-cargo-lock-entry": _texts("name version source checksum") | {"dependencies": _LIST},
    "swift-package-manager-lock-entry": _texts("revision"),
    "wordpress-plugin-entry": _texts("pluginInstallDirectory"),
}

# Objects within, by the path to them: what they have to hold where they are.
_COMPOSER: dict[tuple[str, ...], dict[str, Any]] = {
    ("source",): _texts("type url reference"),
    ("dist",): _texts("type url reference"),
}
_INNER: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {
    "java-archive": {
        ("pomProperties",): _texts("path name groupId artifactId version"),
        ("pomProject",): _texts("path groupId artifactId version name"),
        ("pomProject", "parent"): _texts("groupId artifactId version"),
    },
    "php-composer-installed-entry": _COMPOSER,
    "php-composer-lock-entry": _COMPOSER,
}
_DIGEST = _texts("algorithm value")
_RPM_FILE = {
    "mode": 0,
    "size": 0,
    "digest": _DIGEST,
    "userName": "",
    "groupName": "",
    "flags": "",
}
# The fields of a file beside its path; None for types that list paths alone.
_FILES: dict[str, dict[str, Any] | None] = {
    "alpm-db-entry": {},
    "apk-db-entry": {},
    "dpkg-db-entry": {"isConfigFile": False},
    "java-jvm-installation": None,
    "nix-store-entry": None,
    "portage-db-entry": {},
    "python-package": {},
    "rpm-archive": _RPM_FILE,
    "rpm-db-entry": _RPM_FILE,
}


def metadata(package: Package) -> dict[str, Any]:
    """Return a package's metadata with all that its type requires."""
    kind = package.metadata_type
    row = {**_REQUIRED.get(kind, {}), **package.metadata}
    for path, required in _INNER.get(kind, {}).items():
        _complete(row, path, required)
    if kind in _FILES:
        row["files"] = _files(kind, package)
    return row


def _complete(row: dict[str, Any], path: tuple[str, ...], required: dict[str, Any]) -> None:
    """Complete the object at `path`, if there is one. Objects on the way are copied: they are the package's."""
    first, *rest = path
    inner = row.get(first)
    if isinstance(inner, dict):
        row[first] = {**inner} if rest else {**required, **inner}
        if rest:
            _complete(row[first], tuple(rest), required)


def _files(kind: str, package: Package) -> Any:
    beside = _FILES[kind]
    listed = package.metadata.get("files")
    if not isinstance(listed, list):
        return package.files if beside is None or not package.files else _records(package.files, beside)
    if not beside:
        return listed
    records = [{**beside, **record} for record in listed]
    for record in records:
        if record.get("digest") == {}:
            record["digest"] = _DIGEST
    return records


def _records(paths: Sequence[str], beside: dict[str, Any]) -> orjson.Fragment:
    """Return what each path's record is as JSON: an image of a distribution has tens of thousands."""
    head = b"{" + b",".join(filter(None, (members(beside), b'"path":')))
    return orjson.Fragment(b"[" + head + strings(paths, b"}," + head) + b"}]")
