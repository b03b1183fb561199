"""META-INF/MANIFEST.MF.

Source: the JAR File Specification, "JAR Manifest". Attribute names know no case; a line that starts with
a blank goes on with the line before, without that blank.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyze.catalogers.java.filename import Filename
from analyze.catalogers.text import clean, decoded

Attributes = list[tuple[str, str]]

_SECTIONS = 200  # kept
_ATTRIBUTES = 200  # of one section
_VERSIONS = ("Implementation-Version", "Specification-Version", "Plugin-Version", "Bundle-Version")
_NAMES = ("Name", "Bundle-Name", "Short-Name", "Extension-Name", "Implementation-Title")
_LICENSES = ("Bundle-License", "Plugin-License-Name")
_IDENTIFIER_START = frozenset(["Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Sc", "Pc"])


@dataclass(slots=True)
class Manifest:
    """The main attributes and the sections, in order. Sections that only sign a file are left out."""

    main: Attributes
    sections: list[Attributes]
    _values: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for section in (self.main, *self.sections):
            for key, value in {key.lower(): value for key, value in reversed(section)}.items():
                if value:
                    self._values.setdefault(key, []).append(value)

    def main_value(self, name: str) -> str:
        """Return an attribute of the main section, or ""."""
        name = name.lower()
        return next((value for key, value in self.main if key.lower() == name), "")

    def values(self, name: str) -> list[str]:
        """Return an attribute of the main section, then of the others, where it is not empty."""
        return self._values.get(name.lower(), [])

    def value(self, name: str) -> str:
        """Return the first of `values`, or ""."""
        return next(iter(self.values(name)), "")

    def record(self) -> dict[str, object]:
        """Return it as Syft's metadata has it."""
        found: dict[str, object] = {}
        if self.main:
            found["main"] = _pairs(self.main)
        if self.sections:
            found["sections"] = [_pairs(section) for section in self.sections]
        return found


def parse(data: bytes) -> Manifest:
    """Read one; lines that are none of the format are skipped."""
    sections: list[Attributes] = []
    for lines in _sections(decoded(data).replace("\r", "\n")):
        section = [(key, clean("".join(pieces))) for key, *pieces in lines]
        if section and (not sections or (len(sections) <= _SECTIONS and not _signs(section))):
            sections.append(section)
    return Manifest(sections[0] if sections else [], sections[1:])


def _sections(text: str) -> Iterator[list[list[str]]]:
    """Yield sections of lines, each a key and the pieces of its value."""
    section: list[list[str]] = []
    open_line = False
    for line in text.split("\n"):
        if not line:
            if section:
                yield section
            section, open_line = [], False
        elif line[0] == " ":
            if open_line:
                section[-1].append(line[1:])
        else:
            key, colon, value = line.partition(":")
            open_line = bool(colon and key.strip()) and len(section) < _ATTRIBUTES
            if open_line:
                section.append([clean(key), value])
    if section:
        yield section


def _signs(section: Attributes) -> bool:
    return all(key.lower() == "name" or "-digest" in key.lower() for key, _ in section)


def _pairs(attributes: Attributes) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in attributes]


def name(manifest: Manifest | None, file: Filename) -> str:
    """Return the name of an archive without a pom, in Syft's order of evidence, or ""."""
    if manifest is None:
        return _unqualified(file.name)
    return (
        _bundle_name(manifest)
        or _unqualified(file.name)
        or next((value for field in _NAMES if (value := manifest.main_value(field))), "")
    )


def version(manifest: Manifest | None, file: Filename) -> str:
    """Return the version of an archive without a pom, or ""."""
    if file.version or manifest is None:
        return file.version
    return next((value for field in _VERSIONS if (value := manifest.value(field))), "")


def licenses(manifest: Manifest | None) -> list[str]:
    """Return what the manifest says of licences."""
    if manifest is None:
        return []
    return [value for field in _LICENSES if (value := manifest.value(field))]


def _bundle_name(manifest: Manifest) -> str:
    """Return the artifact of a `Bundle-SymbolicName` that Apache's bundle plugin made: group, dot, artifact."""
    if "Apache Maven Bundle Plugin" not in manifest.main_value("Created-By"):
        return ""
    symbolic = manifest.main_value("Bundle-SymbolicName")
    if symbolic == manifest.main_value("Implementation-Vendor-Id"):
        return ""  # a group alone
    return symbolic.rpartition(".")[2]


def _unqualified(name: str) -> str:
    """Return the artifact of a file name that may be group, dot, artifact."""
    if "." not in name or name.startswith("org.eclipse."):
        return name
    fields = name.split(".")
    if all(field and unicodedata.category(field[0]) in _IDENTIFIER_START for field in fields):
        return fields[-1]
    return name
