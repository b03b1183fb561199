"""CycloneDX documents in XML, read as a stream.

Source: the XML schemas 1.0 to 1.6 of CycloneDX/specification. A document with a DOCTYPE is refused: no
schema wants one, and entities are how small documents become large ones.
"""

from typing import Any
from xml.parsers import expat

from analyze.catalogers.sbom.components import Components
from analyze.catalogers.text import FIELD

DEPTH = 64
_CHUNK = 1 << 16
_NAMESPACE = "http://cyclonedx.org/schema/bom/"
_AROUND = frozenset(["bom", "metadata", "components", "component"])  # of a component that is listed; tools are not
_FIELDS = {
    ("component", "purl"): "purl",
    ("component", "version"): "version",
    ("component", "cpe"): "cpes",
    ("licenses", "expression"): "licenses",
    ("license", "id"): "licenses",
    ("license", "name"): "licenses",
}


def read(data: bytes, found: Components) -> None:
    """Read the components of a document; raises `ValueError` when it is no XML, or none that is safe."""
    reader = _Reader(found)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.buffer_text = True
    try:
        for position in range(0, len(data), _CHUNK):
            parser.Parse(data[position : position + _CHUNK], False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:  # the latter of an encoding that is none
        raise ValueError(str(error)) from None


def _refuse(*_: Any) -> None:
    raise ValueError("has a DOCTYPE")


class _Reader:
    def __init__(self, found: Components) -> None:
        self._found = found
        self._path: list[str] = []
        self._components: list[dict[str, list[str]] | None] = []  # None: not one that is listed
        self._parts: list[str] = []
        self._size = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 (expat's signature)
        uri, _, local = name.rpartition(" ")
        if not self._path and (local != "bom" or not uri.startswith(_NAMESPACE)):
            raise ValueError("no CycloneDX")
        if len(self._path) >= DEPTH:
            raise ValueError(f"nests deeper than {DEPTH}")
        self._path.append(local)
        self._parts, self._size = [], 0
        if local == "component":
            self._components.append({} if _AROUND.issuperset(self._path) else None)

    def text(self, data: str) -> None:
        self._size += len(data)
        if self._size <= FIELD:
            self._parts.append(data)

    def end(self, _: str) -> None:
        name = self._path.pop()
        fields = self._components[-1] if self._components else None
        if name == "component":
            self._components.pop()
            if fields is not None:
                purl, version = fields.get("purl", [""]), fields.get("version", [""])
                self._found.add(purl[0], version[0], fields.get("licenses", ()), fields.get("cpes", ()))
        elif fields is not None and self._path and (field := _FIELDS.get((self._path[-1], name))):
            values = fields.setdefault(field, [])
            if len(values) < DEPTH:
                values.append("".join(self._parts))
        self._parts, self._size = [], 0
