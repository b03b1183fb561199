"""Rockspecs.

Source: LuaRocks' "Rockspec format" (formats 1.0 to 3.0). A rockspec is a Lua file that assigns tables.
"""

import re
from typing import Any

from analyze.catalogers.lua.values import assigned
from analyze.catalogers.text import clean, is_name

_FILE = re.compile(r"(?:.*/)?(?P<name>[^/]+)-(?P<version>(?:[^/-]+)-[0-9]+)\.rockspec", re.DOTALL)
_DEPENDENCY = re.compile(r"\s*([A-Za-z0-9][\w.:/-]*)\s*(.*)", re.DOTALL)
_MOST = 2000  # dependencies


def package(text: str, path: str) -> dict[str, Any] | None:
    """Return Syft's luarocks-package fields; None when neither the file nor its name says name and version.

    LuaRocks names the file after both, which counts where a rockspec computes them. Empty fields are absent.
    """
    names = assigned(text)
    name, version = _text(names.get("package")), _text(names.get("version"))
    if not (name and version) and (match := _FILE.fullmatch(path)):
        name, version = name or clean(match["name"]), version or clean(match["version"])
    if not is_name(name) or not version:
        return None
    described = _table(names.get("description"))
    found = {
        "name": name,
        "version": version,
        "license": _text(described.get("license")),
        "homepage": _text(described.get("homepage")),
        "description": _text(described.get("summary")),
        "url": _text(_table(names.get("source")).get("url")),
        "dependencies": _dependencies(_table(names.get("dependencies"))),
    }
    return {key: value for key, value in found.items() if value}


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _table(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _dependencies(table: dict[Any, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(key, int) and len(found) < _MOST and (match := _DEPENDENCY.fullmatch(_text(value))):
            found[match[1]] = match[2].strip()
    return found
