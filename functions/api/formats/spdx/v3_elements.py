"""Elements of SPDX 3: how each one is made, and those that speak of the document itself."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from api.formats.facts import entities
from api.formats.facts.entities import Entity
from cargohold import __version__

_CREATION = "_:creation"


class Elements:
    """The elements of one document. `base` is its IRI; every element's is that and a name after "#"."""

    def __init__(self, base: str, created: str, creator: str) -> None:
        self._base = base
        self._created = created
        self._creator = creator
        self._written: dict[str, None] = {}

    def identifier(self, name: str) -> str:
        """Return the IRI of the element called `name`."""
        return f"{self._base}#{name}"

    def element(self, kind: str, fragment: str, /, **fields: Any) -> dict[str, Any]:
        """Return an element called `fragment`; fields without a value are left out."""
        identifier = self.identifier(fragment)
        self._written[identifier] = None
        filled = {field: value for field, value in fields.items() if value}
        return {"type": kind, "spdxId": identifier, "creationInfo": _CREATION, **filled}

    def is_written(self, name: str) -> bool:
        """Tell whether an element is there already."""
        return self.identifier(name) in self._written

    def relationship(self, name: str, source: str, kind: str, targets: list[str], **fields: Any) -> dict[str, Any]:
        """Return a relationship from one element to others."""
        named = {"from": source, "relationshipType": kind, "to": targets}
        return self.element("Relationship", name, **named, **fields)

    def creation(self) -> Iterator[dict[str, Any]]:
        """Yield when the document was made, by whom and with what."""
        maker = "Creator" if self._creator else "Agent"
        yield {
            "type": "CreationInfo",
            "@id": _CREATION,
            "specVersion": "3.0.1",
            "created": self._created,
            "createdBy": [self.identifier(maker)],
            "createdUsing": [self.identifier("Tool")],
        }
        yield self.element("Tool", "Tool", name=f"cargohold-{__version__}")
        if not self._creator:
            yield self.element("SoftwareAgent", "Agent", name="cargohold")
        elif (person := entities.creator(self._creator)) is not None:
            yield self._agent("Creator", person)
        else:
            address = [_identifier("urlScheme", self._creator)]
            yield self.element("Organization", "Creator", name=self._creator, externalIdentifier=address)

    def agent(self, entity: Entity) -> tuple[str, list[dict[str, Any]]]:
        """Return the IRI of who an entity is, and the element where it is not written yet."""
        digest = sha256(f"{entity.organization}\n{entity.name}\n{entity.email}".encode()).hexdigest()[:16]
        name = f"Agent-{digest}"
        return self.identifier(name), [] if self.is_written(name) else [self._agent(name, entity)]

    def _agent(self, name: str, entity: Entity) -> dict[str, Any]:
        address = [_identifier("email", entity.email)] if entity.email else []
        kind = "Organization" if entity.organization else "Person"
        return self.element(kind, name, name=entity.name or entity.email, externalIdentifier=address)

    def collections(self, name: str, root: str, scope: str, catalog_version: int) -> Iterator[dict[str, Any]]:
        """Yield the bill of materials, which lists all that was written, and the document."""
        sbom = self.element(
            "software_Sbom",
            "Sbom",
            software_sbomType=["analyzed"],
            rootElement=[root],
            element=list(self._written),
            profileConformance=["core", "software", "simpleLicensing"],
        )
        yield sbom
        yield {
            "type": "SpdxDocument",
            "spdxId": self._base,
            "creationInfo": _CREATION,
            "name": name,
            "comment": f"scope: {scope}; catalog version: {catalog_version}",
            "dataLicense": "https://spdx.org/licenses/CC0-1.0",
            "profileConformance": ["core", "software", "simpleLicensing"],
            "rootElement": [sbom["spdxId"]],
        }


def _identifier(kind: str, value: str) -> dict[str, str]:
    return {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": value}
