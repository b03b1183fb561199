"""The registry of PEAR's installer, one serialized array a package.

Source: `PEAR_Registry` and the package.xml 1.0 and 2.0 specifications.
"""

from typing import Any

from analyze.catalogers.php.serialized import unserialize
from analyze.catalogers.text import PATHS, Reasons, clean, is_name
from cargohold.paths import to_text

_MOST = 2000  # dependencies or licences


def package(data: bytes, reasons: Reasons) -> dict[str, Any] | None:
    """Return Syft's php-pear-entry fields, `requires` and `files`; None when it names no package.

    `requires` are channel and name, between them a slash; `files` absolute paths.
    """
    document, reason = unserialize(data)
    if reason:
        reasons.add(reason)
    if not isinstance(document, dict):
        return None
    name = _text(document.get("name")) or _text(document.get("package"))
    if not is_name(name):
        return None
    version = document.get("version")
    release = version.get("release") if isinstance(version, dict) else version
    found = {
        "name": name,
        "channel": _text(document.get("channel")),
        "version": _text(release),
        "licenses": _licenses(document),
        "requires": _requires(document.get("dependencies")),
        "files": _files(document.get("filelist")),
    }
    return {key: value for key, value in found.items() if value}


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _several(value: Any) -> list[Any]:
    """Return the values of a list; what occurs once is not in a list."""
    if isinstance(value, dict) and all(isinstance(key, int) for key in value):
        return list(value.values())[:_MOST]
    return [value]


def _licenses(document: dict[Any, Any]) -> list[str]:
    values = [*_several(document.get("license")), document.get("release_license")]
    names = [_text(value.get("_content") if isinstance(value, dict) else value) for value in values]
    return list(dict.fromkeys(name for name in names if name))


def _requires(dependencies: Any) -> list[str]:
    required = dependencies.get("required") if isinstance(dependencies, dict) else None
    packages = _several(required.get("package")) if isinstance(required, dict) else []
    named = [(_text(one.get("channel")), _text(one.get("name"))) for one in packages if isinstance(one, dict)]
    return [f"{channel}/{name}" for channel, name in named if name]


def _files(listed: Any) -> list[str]:
    files = list(listed.values())[:PATHS] if isinstance(listed, dict) else []
    paths = [_text(one.get("installed_as")) for one in files if isinstance(one, dict)]
    return [to_text(path.encode()) for path in paths if path.startswith("/")]
