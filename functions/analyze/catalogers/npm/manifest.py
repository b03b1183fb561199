"""package.json.

Source: npm's package.json documentation, and normalize-package-data for the older forms of its fields.
"""

from typing import Any

from analyze.catalogers.text import clean, is_name

_DEPENDENCIES = ("dependencies", "optionalDependencies", "peerDependencies")
_MOST = 2000  # dependencies or people


def package(document: Any) -> dict[str, Any] | None:
    """Return Syft's javascript-npm-package fields, `licenses` and `dependencies`; None without a name.

    A package.json without a name says how files beside it are to be read, and is no package.
    Empty fields are absent.
    """
    if not isinstance(document, dict):
        return None
    name = _text(document.get("name"))
    if not is_name(name):
        return None
    found = {
        "name": name,
        "version": _text(document.get("version")),
        "author": _people(document),
        "homepage": _text(document.get("homepage")),
        "description": _text(document.get("description")),
        "url": _text(document.get("repository")) or _text(_field(document.get("repository"), "url")),
        "private": document.get("private") is True,
        "licenses": _licenses(document),
        "dependencies": _dependencies(document),
    }
    return {key: value for key, value in found.items() if value}


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _field(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _items(value: Any) -> list[Any]:
    return value[:_MOST] if isinstance(value, list) else [] if value is None else [value]


def _people(document: dict[str, Any]) -> str:
    people = [
        person
        for key in ("author", "authors", "contributors", "maintainers")
        for value in _items(document.get(key))
        if (person := _person(value))
    ]
    return clean(", ".join(dict.fromkeys(people)))


def _person(value: Any) -> str:
    """Return `name <email> (url)` of what is that already, or an object with these fields."""
    if isinstance(value, str):
        return clean(value)
    name, email, url = (_text(_field(value, key)) for key in ("name", "email", "url"))
    return " ".join(part for part in (name, email and f"<{email}>", url and f"({url})") if part)


def _licenses(document: dict[str, Any]) -> list[str]:
    """Read `license` as text, object or list, and `licenses` as list or one of these."""
    found = []
    for value in [*_items(document.get("license")), *_items(document.get("licenses"))]:
        name = _text(value) or _text(_field(value, "type")) or _text(_field(value, "name"))
        if name:
            found.append(name)
    return list(dict.fromkeys(found))


def _dependencies(document: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _DEPENDENCIES:
        value = document.get(key)
        for name, wanted in value.items() if isinstance(value, dict) else ():
            if len(found) < _MOST and (name := clean(name)):
                found[name] = _text(wanted)
    return found
