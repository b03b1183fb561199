"""vendor/composer/installed.json.

Source: Composer's "The composer.json schema" for the fields of a package, `FilesystemRepository` for what
surrounds them: a list of packages (Composer 1), or an object with `packages` and `dev-package-names`
(Composer 2).
"""

from typing import Any

from analyze.catalogers.text import PACKAGES, Reasons, clean, is_name

_TEXTS = ("type", "notification-url", "description", "homepage", "time")
_LISTS = ("license", "bin", "keywords")
_MAPPINGS = ("require", "require-dev", "provide", "suggest", "replace")
_REFERENCES = ("source", "dist")
_MOST = 2000  # items of one field


def installed(document: Any, reasons: Reasons) -> list[dict[str, Any]]:
    """Return the packages: Syft's php-composer-installed-entry fields, `replace` and `development`.

    Empty fields are absent; entries without name and version are no packages.
    """
    entries, development = document, None
    if isinstance(document, dict):
        entries, development = document.get("packages"), document.get("dev-package-names")
    if not isinstance(entries, list):
        return []
    if len(entries) > PACKAGES:
        reasons.add(f"more than {PACKAGES} packages")
    names = {name for name in development if isinstance(name, str)} if isinstance(development, list) else set()
    return [found for entry in entries[:PACKAGES] if (found := _package(entry, names))]


def _package(entry: Any, development: set[str]) -> dict[str, Any]:
    if not isinstance(entry, dict):
        return {}
    name, version = _text(entry.get("name")), _text(entry.get("version"))
    if not is_name(name) or not version:
        return {}
    found: dict[str, Any] = {"name": name, "version": version}
    found |= {key: _reference(entry.get(key)) for key in _REFERENCES}
    found |= {key: _mapping(entry.get(key)) for key in _MAPPINGS}
    found |= {key: _list(entry.get(key)) for key in _LISTS}
    found |= {key: _text(entry.get(key)) for key in _TEXTS}
    authors = entry.get("authors")
    found["authors"] = [_mapping(one) for one in authors[:_MOST]] if isinstance(authors, list) else []
    found["development"] = name in development
    return {key: value for key, value in found.items() if value}


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _list(value: Any) -> list[str]:
    """Read a list of texts, or a single one: Composer takes both for a licence."""
    values = value[:_MOST] if isinstance(value, list) else [value]
    return [text for one in values if (text := _text(one))]


def _mapping(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {clean(key): _text(one) for key, one in list(value.items())[:_MOST] if clean(key)}


def _reference(value: Any) -> dict[str, str]:
    found = _mapping(value)
    return {key: found[key] for key in ("type", "url", "reference", "shasum") if found.get(key)}
