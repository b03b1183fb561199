"""The bill of materials in a native image.

Source: GraalVM's "Software Bill of Materials (SBOM) in Native Image": gzip-compressed CycloneDX JSON where the
symbols `sbom` and `sbom_length` say. Every native image has its heap in a section of its own.
"""

import zlib
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.executables import Elf, Executable
from analyze.catalogers.executables.symbols import addresses
from analyze.catalogers.text import PACKAGES, Reasons, clean, is_name

_HEAPS = (".svm_heap", "__svm_heap")  # ELF and PE, Mach-O
_START, _LENGTH = "sbom", "sbom_length"
_COMPRESSED = 16 << 20
_JSON = 64 << 20
_GZIP = 16 + zlib.MAX_WBITS
_EDGES = 1_000_000


def read(image: Executable) -> Any:
    """Return the JSON value, or None when there is none.

    Raises `ValueError` when it is damaged or too large, as `Malformed` is one.
    """
    if isinstance(image, Elf):
        if not image.names_section(_HEAPS[0].encode()):
            return None
    elif not any(section.name in _HEAPS for section in image.sections):
        return None
    found = addresses(image, (_START, _LENGTH))
    if len(found) < 2:
        return None
    size = int.from_bytes(image.read_address(found[_LENGTH], 8), image.order)
    if size > _COMPRESSED:
        raise ValueError(f"a bill of materials of {size} bytes")
    inflate = zlib.decompressobj(_GZIP)
    try:
        data = inflate.decompress(image.read_address(found[_START], size), _JSON)
    except zlib.error as error:
        raise ValueError(f"a damaged bill of materials: {error}") from error
    if not inflate.eof:
        raise ValueError(f"a bill of materials that is cut off or larger than {_JSON} bytes")
    return loads(data)


def components(value: Any, reasons: Reasons) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """Return the main component and the others, and pairs of their positions: dependency, dependent.

    A component has `name`, `version`, `group`, `purl` and `licenses` (texts); empty fields are absent.
    """
    listed = value.get("components") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        reasons.add("a bill of materials without components")
        return [], []
    found: list[dict[str, Any]] = []
    positions: dict[str, int] = {}
    for one in [*_main(value), *listed[:PACKAGES]]:
        if not isinstance(one, dict):
            reasons.add("a component that is no object")
            continue
        component = _component(one)
        if not is_name(component.get("name", "")):
            reasons.add("a component without a name")
            continue
        if isinstance(reference := one.get("bom-ref"), str):
            positions.setdefault(reference, len(found))
        found.append(component)
    if len(listed) > PACKAGES:
        reasons.add(f"more than {PACKAGES} components")
    return found, _edges(value.get("dependencies"), positions)


def _main(value: dict[str, Any]) -> list[Any]:
    """Return what the image itself was built from, where it has an identity."""
    metadata = value.get("metadata")
    component = metadata.get("component") if isinstance(metadata, dict) else None
    return [component] if isinstance(component, dict) and component.get("purl") else []


def _component(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: text
        for key in ("name", "version", "group", "purl")
        if isinstance(raw := one.get(key), str) and (text := clean(raw))
    }
    licenses = one.get("licenses")
    texts = [_license(item) for item in licenses[:100]] if isinstance(licenses, list) else []
    if any(texts):
        found["licenses"] = [text for text in texts if text]
    return found


def _license(item: Any) -> str:
    """Return the text of `{"license": {"id" or "name": ...}}` or `{"expression": ...}`."""
    if not isinstance(item, dict):
        return ""
    named = item.get("license")
    values = [item.get("expression")]
    if isinstance(named, dict):
        values += [named.get("id"), named.get("name")]
    return next((text for one in values if isinstance(one, str) and (text := clean(one))), "")


def _edges(listed: Any, positions: dict[str, int]) -> list[list[int]]:
    edges: set[tuple[int, int]] = set()
    for one in listed if isinstance(listed, list) else ():
        reference = one.get("ref") if isinstance(one, dict) else None
        needs = one.get("dependsOn") if isinstance(one, dict) else None
        if not isinstance(reference, str) or not isinstance(needs, list) or reference not in positions:
            continue
        for need in needs:
            if isinstance(need, str) and need in positions and need != reference and len(edges) < _EDGES:
                edges.add((positions[need], positions[reference]))
    return [list(edge) for edge in sorted(edges)]
