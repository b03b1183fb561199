"""DESCRIPTION files of R packages.

Source: "Writing R Extensions" 1.1.1 (fields; Debian control format, in the encoding that `Encoding` names).
"""

import re
from typing import Any

from analyze.catalogers.text import FIELD, clean, decoded, is_name, listed

_TEXTS = {
    "Title": "title",
    "Description": "description",
    "Author": "author",
    "Maintainer": "maintainer",
    "Repository": "repository",
    "Built": "built",
}
_LISTS = {
    "URL": "url",
    "Depends": "depends",
    "Imports": "imports",
    "LinkingTo": "linkingTo",
    "Suggests": "suggests",
}
_MOST = 2000  # items of a list
_CODECS = {"latin1": "latin-1", "latin2": "iso8859-2", "latin9": "iso8859-15"}
_ENCODING = re.compile(rb"^Encoding:[ \t]*([A-Za-z0-9]{1,20})", re.MULTILINE)


def package(data: bytes) -> dict[str, Any] | None:
    """Return Syft's r-description fields, `name`, `version`, `license` and `linkingTo`.

    None unless it describes an installed package: R notes what it built it with (`Built`) when it
    installs one, and takes no other for installed. Empty fields are absent.
    """
    fields = _fields(_text(data))
    name, version = clean(fields.get("Package", "")), clean(fields.get("Version", ""))
    if not is_name(name) or not version or not fields.get("Built"):
        return None
    found: dict[str, Any] = {"name": name, "version": version, "license": clean(fields.get("License", ""))}
    found |= {key: clean(" ".join(fields.get(field, "").split())) for field, key in _TEXTS.items()}
    found |= {key: listed(fields.get(field, ""))[:_MOST] for field, key in _LISTS.items()}
    found["needsCompilation"] = fields.get("NeedsCompilation", "").strip().lower() == "yes"
    return {key: value for key, value in found.items() if value}


def _text(data: bytes) -> str:
    match = _ENCODING.search(data)
    codec = _CODECS.get(match[1].decode().lower()) if match else None
    return data.decode(codec, "replace").replace("\r\n", "\n") if codec else decoded(data)


def _fields(text: str) -> dict[str, str]:
    """Return the fields that count here, each at most `FIELD` characters; of several the first."""
    wanted = {"Package", "Version", "License", "NeedsCompilation", *_TEXTS, *_LISTS}
    found: dict[str, list[str]] = {}
    parts: list[str] = []
    size = 0
    for line in text.split("\n"):
        if line[:1] in (" ", "\t"):
            size += len(line)
            if size <= FIELD:
                parts.append(line)
            continue
        name, colon, value = line.partition(":")
        parts, size = [value], len(value)
        if colon and name in wanted:
            parts = found.setdefault(name, parts)
    return {name: "\n".join(parts) for name, parts in found.items()}
