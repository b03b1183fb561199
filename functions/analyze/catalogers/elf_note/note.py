"""The package note of an ELF file.

Source: "Package Metadata for Executable Files" of systemd (systemd.io): the section `.note.package` holds a
note of owner FDO and type 0xcafe1a7e whose content is JSON. Some linkers write the JSON alone.
"""

from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.executables import Elf
from analyze.catalogers.executables.elf import notes
from analyze.catalogers.text import clean, is_name

SECTION = ".note.package"
_OWNER, _TYPE = "FDO", 0xCAFE1A7E
_LIMIT = 64 << 10

# Syft's field names, and how notes spell them: the first one that is there counts.
_METADATA = {
    "type": ("type",),
    "architecture": ("architecture",),
    "osCPE": ("osCpe", "osCPE"),
    "appCpe": ("appCpe",),
    "os": ("os",),
    "osVersion": ("osVersion",),
    "system": ("system",),
    "vendor": ("vendor",),
    "sourceRepo": ("sourceRepo",),
    "commit": ("commit",),
}
_OTHERS = {"name": ("name",), "version": ("version",), "purl": ("purl",), "cpe": ("cpe",), "license": ("license",)}


def read(image: Elf) -> dict[str, Any] | None:
    """Return name, version, purl, cpe, license and Syft's `metadata`; None when there is no note that names a package.

    Empty fields are absent. Raises `ValueError` when the note is no JSON, as `Malformed` is one.
    """
    if not image.names_section(SECTION.encode()):
        return None
    section = image.section(SECTION)
    if section is None or not section.size:
        return None
    if section.size > _LIMIT:
        raise ValueError(f"a package note of {section.size} bytes")
    value = _value(image.read(section, _LIMIT), image.order)
    if not isinstance(value, dict):
        return None
    found: dict[str, Any] = {key: text for key, names in _OTHERS.items() if (text := _text(value, names))}
    if not is_name(found.get("name", "")) or "version" not in found:
        return None
    found["metadata"] = {key: text for key, names in _METADATA.items() if (text := _text(value, names))}
    return found


def _value(data: bytes, order: str) -> Any:
    for note in notes(data, order):
        if note.type == _TYPE and note.name == _OWNER:
            return loads(note.content.rstrip(b"\0"))
    return loads(data.rstrip(b"\0"))


def _text(value: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if isinstance(one := value.get(name), str) and (text := clean(one))), "")
