"""The files `desc` and `files` of pacman's local database.

Source: pacman's `lib/libalpm/be_local.c`. A line `%KEY%`, then values, one a line, up to a blank line.
"""

from typing import Any

from analyze.catalogers.text import PATHS, Reasons, clean
from cargohold.paths import to_text

_TEXTS = {
    b"NAME": "package",
    b"VERSION": "version",
    b"BASE": "basepackage",
    b"DESC": "description",
    b"ARCH": "architecture",
    b"PACKAGER": "packager",
    b"URL": "url",
    b"VALIDATION": "validation",
}
_NUMBERS = {b"SIZE": "size", b"REASON": "reason"}
_LISTS = {b"DEPENDS": "depends", b"PROVIDES": "provides", b"LICENSE": "licenses"}
_MOST = 10_000  # values of a list


def package(data: bytes, reasons: Reasons) -> dict[str, Any]:
    """Return Syft's alpm-db-entry fields and `licenses`; sizes in bytes. Empty fields are absent."""
    found: dict[str, Any] = {}
    for key, values in _sections(data, reasons).items():
        if key in _TEXTS:
            found[_TEXTS[key]] = clean("\n".join(_text(value) for value in values[:_MOST]))
        elif key in _LISTS:
            found[_LISTS[key]] = [text for value in values[:_MOST] if (text := _text(value))]
        elif key in _NUMBERS and values:
            if values[0].isdigit() and len(values[0]) < 16:
                found[_NUMBERS[key]] = int(values[0])
            else:
                reasons.add(f"%{key.decode()}% is no number")
    return {field: value for field, value in found.items() if value}


def owned(data: bytes, reasons: Reasons) -> dict[str, Any]:
    """Return `files`, the paths of a package, and `backup`, the paths and MD5 digests of its configuration files.

    Paths have a leading "/" and no trailing one.
    """
    sections = _sections(data, reasons)
    files = sections.get(b"FILES", [])
    backup = sections.get(b"BACKUP", [])
    if len(files) > PATHS or len(backup) > PATHS:
        reasons.add(f"more than {PATHS} files")
    pairs = [line.partition(b"\t") for line in backup[:PATHS]]
    return {
        "files": [to_text(b"/" + path.strip(b"/")) for path in files[:PATHS]],
        "backup": [[to_text(b"/" + path.strip(b"/")), _text(digest)] for path, _, digest in pairs],
    }


def _sections(data: bytes, reasons: Reasons) -> dict[bytes, list[bytes]]:
    """Return the values of each key; of a key that occurs twice those of the last."""
    sections: dict[bytes, list[bytes]] = {}
    values: list[bytes] | None = None
    if data.count(b"\n") > 2 * PATHS:
        reasons.add(f"more than {2 * PATHS} lines")
        return sections
    for line in data.replace(b"\r\n", b"\n").split(b"\n"):
        if not line:
            values = None
        elif values is not None:
            values.append(line)
        elif len(line) > 2 and line.startswith(b"%") and line.endswith(b"%"):
            values = sections[line[1:-1]] = []
    return sections


def _text(value: bytes) -> str:
    return clean(value.decode("utf-8", "replace"))
