"""pom.properties and pom.xml.

Source: Maven's "POM Reference" and "Introduction to the POM" (inheritance, interpolation), and
`java.util.Properties`. XML is read by expat as a stream: a document type declaration, and so any entity of
its own, ends it; only the few elements that say something are kept.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from analyze.catalogers.text import clean, decoded

_DEPTH = 4  # of the elements that are kept
_KEPT = 4000  # elements
_LONGEST = 2000  # characters of an interpolated value
_STEPS = 100  # of interpolation
_PARENTS = 20
_EXPRESSION = re.compile(r"\$\{([^${}]{1,200})\}")
_IDENTITY = ("groupId", "artifactId", "version")
_DESCRIPTION = 4000


def properties(data: bytes) -> dict[str, Any]:
    """Return Syft's pomProperties but for the path; empty fields are absent."""
    found: dict[str, str] = {}
    for line in decoded(data).replace("\r", "\n").split("\n"):
        line = line.strip()
        if not line or line[0] in "#!":
            continue
        match = re.search("[=:]", line)
        if match and len(found) < _KEPT:
            found[clean(line[: match.start()])] = clean(line[match.end() :])
    known: dict[str, Any] = {key: found.pop(key, "") for key in ("name", *_IDENTITY, "scope")}
    known["extraFields"] = dict(list(found.items())[:50])
    return {key: value for key, value in known.items() if value}


@dataclass(slots=True)
class Project:
    """One pom.xml: texts by path below `project`, as in `parent/version`, and its licences."""

    texts: dict[str, str] = field(default_factory=dict)
    licenses: list[tuple[str, str]] = field(default_factory=list)  # name, URL

    def text(self, path: str) -> str:
        """Return a text, or ""."""
        return self.texts.get(path, "")


def project(data: bytes) -> Project:
    """Read a pom.xml; raises `ValueError` with the reason when that cannot be."""
    try:
        return _parsed(data)
    except expat.ExpatError as error:
        if b"encoding" in data[:100] or not _is_latin(data):
            raise ValueError(f"no XML: {error}") from None
    try:
        return _parsed(data.decode("latin-1").encode())
    except expat.ExpatError as error:
        raise ValueError(f"no XML: {error}") from None


def _is_latin(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False


def _parsed(data: bytes) -> Project:
    handler = _Handler()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = handler.doctype
    try:
        parser.Parse(data, True)
    except LookupError as error:
        raise ValueError(f"no XML: {error}") from None
    return handler.project


class _Handler:
    def __init__(self) -> None:
        self.project = Project()
        self._path: list[str] = []
        self._depth = 0
        self._pieces: list[str] = []
        self._license: dict[str, str] = {}

    def doctype(self, *_: object) -> None:
        raise ValueError("has a document type declaration")

    def start(self, name: str, _: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth <= _DEPTH:
            self._path.append(name.rpartition(" ")[2])
            self._pieces = []

    def text(self, text: str) -> None:
        if self._depth == len(self._path):
            self._pieces.append(text)

    def end(self, _: str) -> None:
        if self._depth <= _DEPTH:
            self._keep("/".join(self._path[1:]), clean("".join(self._pieces)))
            self._path.pop()
            self._pieces = []
        self._depth -= 1

    def _keep(self, path: str, text: str) -> None:
        if path == "licenses/license":
            if any(self._license.values()) and len(self.project.licenses) < 20:
                self.project.licenses.append((self._license.get("name", ""), self._license.get("url", "")))
            self._license = {}
        elif path.startswith("licenses/license/"):
            self._license.setdefault(path.rpartition("/")[2], text)
        elif path.count("/") <= 1 and text and len(self.project.texts) < _KEPT:
            self.project.texts.setdefault(path, text)


class Projects:
    """The pom.xml files of an archive by their directories; parents are found among them."""

    def __init__(self, by_directory: Mapping[str, Project]) -> None:
        self._by_directory = by_directory
        self._by_identity: dict[tuple[str, ...], Project] = {}
        for project in by_directory.values():
            self._by_identity.setdefault(tuple(self._identity(project, lambda one: [one]).values()), project)

    def get(self, directory: str) -> Project | None:
        """Return the pom.xml of a directory."""
        return self._by_directory.get(directory)

    def only(self) -> tuple[str, Project] | None:
        """Return the directory and the pom.xml when there is one alone."""
        return next(iter(self._by_directory.items())) if len(self._by_directory) == 1 else None

    def record(self, project: Project) -> dict[str, Any]:
        """Return Syft's pomProject but for the path; empty fields are absent."""
        found: dict[str, Any] = self._identity(project, self._chain)
        parent = {key: self._interpolated(project, project.text(f"parent/{key}")) for key in _IDENTITY}
        found["parent"] = {key: value for key, value in parent.items() if value}
        found["name"] = self._interpolated(project, project.text("name"))
        found["description"] = " ".join(project.text("description").split())[:_DESCRIPTION]
        found["url"] = self._interpolated(project, project.text("url"))
        return {key: value for key, value in found.items() if value}

    def licenses(self, project: Project) -> list[tuple[str, str]]:
        """Return names and URLs of the licences of a project, or of its nearest parent that has some."""
        for one in self._chain(project):
            if one.licenses:
                return [(self._interpolated(one, name), self._interpolated(one, url)) for name, url in one.licenses]
        return []

    def _chain(self, project: Project) -> list[Project]:
        chain = [project]
        while len(chain) < _PARENTS:
            wanted = tuple(chain[-1].text(f"parent/{key}") for key in _IDENTITY)
            parent = self._by_identity.get(wanted)
            if parent is None or any(parent is one for one in chain):
                break
            chain.append(parent)
        return chain

    def _identity(self, project: Project, chain: Callable[[Project], list[Project]]) -> dict[str, str]:
        projects = chain(project)
        inherited = {"groupId": project.text("parent/groupId"), "version": project.text("parent/version")}
        return {key: _interpolate(projects, project.text(key) or inherited.get(key, "")) for key in _IDENTITY}

    def _interpolated(self, project: Project, text: str) -> str:
        return _interpolate(self._chain(project), text) if "${" in text else text


def _interpolate(projects: list[Project], text: str) -> str:
    """Replace `${...}`; "" when one of them has no value, or the values grow or turn in a circle."""
    for _ in range(_STEPS):
        match = _EXPRESSION.search(text) if len(text) <= _LONGEST or "${" not in text else None
        if match is None:
            return text
        value = _value(projects, match[1].strip())
        text = text[: match.start()] + value + text[match.end() :]
        if not value or len(text) > _LONGEST:
            return ""
    return ""


def _value(projects: list[Project], name: str) -> str:
    for project in projects:
        if value := project.text(f"properties/{name}"):
            return value
    own = projects[0]
    path = name.removeprefix("project.").removeprefix("pom.").replace(".", "/")
    if path in ("version", "groupId"):
        return own.text(path) or own.text(f"parent/{path}")
    return own.text(path) if path != name or path in _IDENTITY else ""
