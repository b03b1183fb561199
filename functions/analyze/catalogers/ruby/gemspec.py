"""Specifications of installed gems.

Source: `Gem::Specification#to_ruby` of RubyGems, which writes them, and `Gem::StubSpecification`, which
reads their stub lines without executing anything; RubyGems' "Specification Reference" for those that
people wrote.
"""

import re
from typing import Any

from analyze.catalogers.ruby import literals
from analyze.catalogers.text import PATHS, clean, is_name
from cargohold.paths import to_text

_STUB = re.compile(r"^# stub: (?P<name>[^\s]+) (?P<version>[^\s]+) (?P<platform>[^\s]+)", re.MULTILINE)
_STATEMENT = re.compile(
    r"^[ \t]*+(?:if .{0,200}?then |else[ \t;]++)?[a-z_]\w{0,60}+\."
    r"(?:(?P<attribute>[a-z_]\w{0,60}+)[ \t]*+=(?![=~>])|add_(?P<kind>runtime_|development_|)dependency[ \t]*+\(?)"
    r"[ \t]*+",
    re.MULTILINE,
)
_COMMA = re.compile(r"[ \t]*+,\s*+")
_HEAD = 4096  # characters in which the stub line is
_MOST = 2000  # dependencies
_SINGLE = {"name", "version", "homepage", "license", "author"}
_LISTS = {
    "files": "files",
    "authors": "authors",
    "licenses": "licenses",
    "required_ruby_version": "requiredRubyVersion",
}


def specification(text: str) -> dict[str, Any] | None:
    """Return what a gemspec says literally; None when it has no name and version.

    Fields: Syft's ruby-gemspec (`name`, `version`, `homepage`, `authors`, `files`: paths inside the gem),
    `licenses`, `platform` (absent for gems of Ruby alone), `requiredRubyVersion` and `dependencies` (name →
    requirement; those at run time). Empty fields are absent.
    """
    known: dict[str, str] = {}
    if stub := _STUB.search(text[:_HEAD]):
        known = {key: clean(value) for key, value in stub.groupdict().items()}
    found: dict[str, Any] = {}
    runtime: dict[str, str] = {}
    either: dict[str, str] = {}
    development: set[str] = set()
    position = 0
    while match := _STATEMENT.search(text, position):
        if (attribute := match["attribute"]) is None:
            name, requirement, position = _dependency(text, match.end(), known)
            if match["kind"] == "development_":
                development.add(name)
            else:
                (runtime if match["kind"] else either)[name] = requirement
            if len(runtime) + len(either) + len(development) > _MOST:
                break
            continue
        position = match.end()
        if attribute in _SINGLE:
            value, end = literals.string(text, position, known)
            position = max(position, end)
            if value is not None and clean(value):
                known[attribute] = clean(value)
        elif attribute in _LISTS:
            found[_LISTS[attribute]], position = literals.strings(text, position, known)
    if not is_name(known.get("name", "")) or not known.get("version"):
        return None
    # Without `add_runtime_dependency`, which RubyGems did not always have, the other calls repeat everything.
    dependencies = runtime | {name: wanted for name, wanted in either.items() if name not in development}
    return _described(known, found, dependencies)


def _described(known: dict[str, str], found: dict[str, Any], dependencies: dict[str, str]) -> dict[str, Any]:
    platform = known.get("platform", "")
    ruby = ", ".join(found.get("requiredRubyVersion", ()))
    described = {
        "name": known["name"],
        "version": known["version"],
        "platform": platform if platform != "ruby" else "",
        "homepage": known.get("homepage", ""),
        "authors": _cleaned(found.get("authors", ())) or _cleaned([known.get("author", "")]),
        "licenses": _cleaned(found.get("licenses", ())) or _cleaned([known.get("license", "")]),
        "requiredRubyVersion": clean(ruby) if ruby != ">= 0" else "",
        "dependencies": {name: wanted for name, wanted in dependencies.items() if name},
        "files": [_path(path) for path in found.get("files", ())[:PATHS] if path],
    }
    return {key: value for key, value in described.items() if value}


def _dependency(text: str, position: int, known: dict[str, str]) -> tuple[str, str, int]:
    """Return the name, the requirement and the end of a call's arguments."""
    name, end = literals.string(text, position, known)
    if end < 0:
        return "", "", position
    requirements: list[str] = []
    while comma := _COMMA.match(text, end):
        more, end = literals.strings(text, comma.end(), known)
        if not more:
            break
        requirements += more
    requirement = ", ".join(requirements)
    return clean(name or ""), clean(requirement) if requirement != ">= 0" else "", end


def _cleaned(values: Any) -> list[str]:
    return list(dict.fromkeys(value for one in values[:_MOST] if (value := clean(one))))


def _path(path: str) -> str:
    return to_text(path.encode("utf-8", "replace"))
