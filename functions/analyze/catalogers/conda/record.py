"""One record of an environment, `conda-meta/NAME-VERSION-BUILD.json`.

Source: the "PrefixRecord" of conda's `conda/models/records.py`; CEP 34 for the contents of the directory.
"""

from typing import Any

from analyze.catalogers.text import PATHS, clean, is_name

_MOST = 5000  # dependencies
_TEXTS = {
    "arch": "arch",
    "name": "name",
    "version": "version",
    "build": "build",
    "channel": "channel",
    "subdir": "subdir",
    "noarch": "noarch",
    "license": "license",
    "license_family": "license_family",
    "md5": "md5",
    "sha256": "sha256",
    "fn": "fn",
    "url": "url",
    "extracted_package_dir": "extracted_package_dir",
}
_NUMBERS = ("build_number", "size", "timestamp")
_LARGEST = 1 << 53


def package(document: Any) -> dict[str, Any] | None:
    """Return Syft's conda-metadata-entry fields, and `files` relative to the environment; None without a name.

    Empty fields are absent.
    """
    if not isinstance(document, dict):
        return None
    found: dict[str, Any] = {key: _text(document.get(field)) for key, field in _TEXTS.items()}
    if not is_name(found["name"]):
        return None
    found["build"] = found["build"] or _text(document.get("build_string"))
    for key in _NUMBERS:
        value = document.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST:
            found[key] = value
    found["depends"] = _texts(document.get("depends"), _MOST)
    found["files"] = _texts(document.get("files"), PATHS) or _paths(document.get("paths_data"))
    link = document.get("link")
    if isinstance(link, dict) and isinstance(link.get("type"), int) and 0 <= link["type"] < _LARGEST:
        found["link"] = {"source": _text(link.get("source")), "type": int(link["type"])}
    return {key: value for key, value in found.items() if value or value == 0}


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _texts(value: Any, most: int) -> list[str]:
    return [text for one in value[:most] if (text := _text(one))] if isinstance(value, list) else []


def _paths(data: Any) -> list[str]:
    """Return the paths of `paths_data`, which records without `files` still have."""
    items = data.get("paths") if isinstance(data, dict) else None
    if not isinstance(items, list):
        return []
    return _texts([one.get("_path") for one in items[:PATHS] if isinstance(one, dict)], PATHS)
