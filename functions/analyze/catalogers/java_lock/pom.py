"""The dependencies of a pom.xml that stands on its own.

Source: Maven's "POM Reference". A version may be a property of the same file, or be in its
`dependencyManagement`; what a parent elsewhere would say is not known, and such a dependency is left out.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.text import FIELD, clean

_DEPTH = 64
_KEPT = 20_000  # dependencies, and properties
_CHUNK = 1 << 16
_STEPS = 20
_LONGEST = 1000  # characters of an interpolated value
_EXPRESSION = re.compile(r"\$\{([^${}]{1,200})\}")
_LITERAL = re.compile(r"[^\[\](),${}\s]+")
_OWN = ["groupId", "artifactId", "version", "parent/groupId", "parent/version"]
_LISTED = "dependencies/dependency"
_MANAGED = "dependencyManagement/dependencies/dependency"


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for position in range(0, len(data), _CHUNK):
            parser.Parse(data[position : position + _CHUNK], False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:
        entries.reasons.add(f"no XML: {error}"[:200])
    properties = reader.properties
    managed = {_coordinates(one, properties): one.get("version", "") for one in reader.managed}
    for dependency in reader.dependencies:
        coordinates = _coordinates(dependency, properties)
        version = _resolved(dependency.get("version") or managed.get(coordinates, ""), properties)
        group, artifact = coordinates
        if group and artifact and _LITERAL.fullmatch(version):
            fields = {"groupId": group, "artifactId": artifact, "version": version}
            scope = dependency.get("scope", "")
            entries.add(
                artifact,
                version,
                {"pomProperties": fields | ({"scope": scope} if scope else {}), "development": scope == "test"},
                namespace=group,
                qualifiers={"classifier": dependency.get("classifier", ""), "type": _type(dependency)},
            )


def _refuse(*_: Any) -> None:
    raise ValueError("has a document type declaration")


def _type(dependency: Mapping[str, str]) -> str:
    kind = dependency.get("type", "")
    return "" if kind == "jar" else kind


def _coordinates(dependency: Mapping[str, str], properties: Mapping[str, str]) -> tuple[str, str]:
    group = _resolved(dependency.get("groupId", ""), properties)
    return group, _resolved(dependency.get("artifactId", ""), properties)


def _resolved(text: str, properties: Mapping[str, str]) -> str:
    """Replace `${...}`; "" when one of them has no value, or the values grow or turn in a circle."""
    for _ in range(_STEPS):
        match = _EXPRESSION.search(text) if len(text) <= _LONGEST else None
        if match is None:
            return text if "${" not in text else ""
        value = properties.get(match[1].strip(), "")
        if not value:
            return ""
        text = text[: match.start()] + value + text[match.end() :]
    return ""


class _Reader:
    def __init__(self) -> None:
        self.properties: dict[str, str] = {}
        self.dependencies: list[dict[str, str]] = []
        self.managed: list[dict[str, str]] = []
        self._path: list[str] = []
        self._pieces: list[str] = []
        self._size = 0

    def start(self, name: str, _: Mapping[str, str]) -> None:
        if len(self._path) >= _DEPTH:
            raise ValueError(f"nests deeper than {_DEPTH}")
        self._path.append(name.rpartition(" ")[2])
        self._pieces, self._size = [], 0
        found = self._found()
        if found is not None and self._path[-1] == "dependency" and len(found) < _KEPT:
            found.append({})

    def _found(self) -> list[dict[str, str]] | None:
        """Return the list that the dependency at hand belongs to."""
        at = "/".join(self._path[1:4])
        if at.startswith(_LISTED) and len(self._path) < 5:
            return self.dependencies
        return self.managed if at == _MANAGED and len(self._path) < 6 else None

    def text(self, text: str) -> None:
        self._size += len(text)
        if self._size <= FIELD:
            self._pieces.append(text)

    def end(self, _: str) -> None:
        value = clean("".join(self._pieces))
        self._pieces, self._size = [], 0
        at = "/".join(self._path[1:])
        found = self._found()
        if found and self._path[-1] != "dependency":
            found[-1].setdefault(self._path[-1], value)
        elif value and len(self.properties) < _KEPT:
            if len(self._path) == 3 and self._path[1] == "properties":
                self.properties.setdefault(self._path[2], value)
            elif at in _OWN:
                name = at.removeprefix("parent/").replace("/", ".")
                for prefix in ("project.", "pom.", ""):
                    self.properties.setdefault(prefix + name, value)
        self._path.pop()
