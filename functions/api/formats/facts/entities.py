"""People and organisations that packages name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cargohold.model import Package

_ADDRESSED = re.compile(r"([^<>,]*)<([^<>\s]+)>")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ORGANIZATION = re.compile(
    r"\b(?:developers|foundation|group|inc|llc|ltd|gmbh|maintainers|packagers|project|team)\b", re.IGNORECASE
)
_LONGEST = 500  # characters of a field that are looked at
_MOST = 20


@dataclass(frozen=True, slots=True)
class Entity:
    """Who: a name, an e-mail address, or both."""

    name: str
    email: str = ""
    organization: bool = False


def supplier(package: Package) -> Entity | None:
    """Return who distributes a package of an operating system: its maintainer, packager or vendor."""
    metadata = package.metadata
    vendor = _text(metadata.get("vendor"))
    if package.type == "rpm" and vendor:
        return Entity(vendor, organization=True)
    if package.type in ("deb", "apk", "alpm"):
        for field in ("maintainer", "packager"):
            for found in people(metadata.get(field)):
                return found
    return None


def authors(package: Package) -> list[Entity]:
    """Return who wrote a package of a language, as its own metadata says."""
    metadata = package.metadata
    found: list[Entity] = []
    if package.type in ("deb", "apk", "alpm", "rpm"):
        return found
    named, addressed = people(metadata.get("author")), people(metadata.get("authorEmail"))
    if len(named) == 1 and len(addressed) == 1 and not named[0].email and not addressed[0].name:
        found.append(Entity(named[0].name, addressed[0].email, named[0].organization))
    else:
        found += [*named, *addressed]
    listed = metadata.get("authors")
    for one in listed[:_MOST] if isinstance(listed, (list, tuple)) else ():
        if isinstance(one, dict):
            person, email = _text(one.get("name")), _text(one.get("email"))
            if person:
                found.append(Entity(person, email if _EMAIL.fullmatch(email) else "", _is_organization(person)))
        else:
            found += people(one)
    return list(dict.fromkeys(found))[:_MOST]


def people(value: Any) -> list[Entity]:
    """Return who a field of text names: `Name <address>`, several of them with commas, or a name alone."""
    text = _text(value)[:_LONGEST]
    found = [_entity(person, email) for person, email in _ADDRESSED.findall(text)]
    if not found and text:
        bare = [part.strip() for part in text.split(",")]
        if all(_EMAIL.fullmatch(part) for part in bare):
            return [Entity("", email) for email in bare][:_MOST]
        return [Entity(text, organization=_is_organization(text))]
    return [one for one in found if one.name or one.email][:_MOST]


def creator(address: str) -> Entity | None:
    """Return who makes the SBOM, of an e-mail address; None when `address` is none."""
    return Entity("", address) if _EMAIL.fullmatch(address) else None


def label(entities: Iterable[Entity]) -> str:
    """Return entities as one line."""
    return ", ".join(f"{one.name} <{one.email}>".strip() if one.email else one.name for one in entities)


def _entity(person: str, email: str) -> Entity:
    person = person.strip().strip('"').strip()
    return Entity(person, email if _EMAIL.fullmatch(email) else "", _is_organization(person))


def _is_organization(person: str) -> bool:
    return bool(_ORGANIZATION.search(person))


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
