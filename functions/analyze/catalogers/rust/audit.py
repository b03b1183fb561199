"""The audit data of an executable that cargo-auditable built.

Source: cargo-auditable's PARSING.md and its JSON schema: the section `.dep-v0` is zlib-compressed JSON.
"""

import zlib
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.executables import Elf, Executable
from analyze.catalogers.text import PACKAGES, Reasons, clean, is_name

SECTION = ".dep-v0"
_COMPRESSED = 8 << 20
_JSON = 16 << 20  # a thousand crates make 100 KiB
_EDGES = 1_000_000


def read(image: Executable) -> Any:
    """Return the JSON value, or None when there is none.

    Raises `ValueError` when it is damaged or too large, as `Malformed` is one.
    """
    if isinstance(image, Elf) and not image.names_section(SECTION.encode()):
        return None
    section = image.section(SECTION)
    if section is None:
        return None
    if section.size > _COMPRESSED:
        raise ValueError(f"{section.size} bytes of audit data")
    inflate = zlib.decompressobj()
    try:
        data = inflate.decompress(image.read(section, _COMPRESSED), _JSON)
    except zlib.error as error:
        raise ValueError(f"damaged audit data: {error}") from error
    if not inflate.eof:
        raise ValueError(f"audit data that is cut off or larger than {_JSON} bytes")
    return loads(data)


def crates(value: Any, reasons: Reasons) -> tuple[list[dict[str, str]], list[list[int]]]:
    """Return the crates that are in the executable, and pairs of their positions: dependency, dependent.

    A crate has Syft's fields `name`, `version` and `source`. What only built it is left out.
    """
    listed = value.get("packages") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        reasons.add("audit data without packages")
        return [], []
    found: list[dict[str, str]] = []
    positions: dict[int, int] = {}
    for index, one in enumerate(listed[:PACKAGES]):
        if not isinstance(one, dict):
            reasons.add("a crate that is no object")
            continue
        if one.get("kind", "runtime") != "runtime":
            continue
        crate = {key: clean(text) for key in ("name", "version", "source") if isinstance(text := one.get(key), str)}
        if not is_name(crate.get("name", "")):
            reasons.add("a crate without a name")
            continue
        positions[index] = len(found)
        found.append(crate)
    if len(listed) > PACKAGES:
        reasons.add(f"more than {PACKAGES} crates")
    return found, _edges(listed, positions)


def _edges(listed: list[Any], positions: dict[int, int]) -> list[list[int]]:
    edges: list[list[int]] = []
    for index, dependent in positions.items():
        needs = listed[index].get("dependencies")
        wanted = {one for one in needs if isinstance(one, int)} if isinstance(needs, list) else ()
        for dependency in sorted(wanted):
            if dependency in positions and dependency != index and len(edges) < _EDGES:
                edges.append([positions[dependency], dependent])
    return edges
