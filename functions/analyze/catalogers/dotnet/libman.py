"""libman.json: client-side libraries that LibMan put beside a program.

Source: Microsoft's "Use LibMan with ASP.NET Core". Libraries of the provider "filesystem" have no name.
"""

from typing import Any

from analyze.catalogers.text import clean, is_name

_MOST = 5000


def libraries(document: Any) -> list[dict[str, str]]:
    """Return name and version of the libraries that have both."""
    items = document.get("libraries") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return []
    default = document.get("defaultProvider")
    found = []
    for item in items[:_MOST]:
        library = item.get("library") if isinstance(item, dict) else None
        if not isinstance(library, str) or item.get("provider", default) == "filesystem":
            continue
        name, _, version = clean(library).rpartition("@")
        if is_name(name.rpartition("/")[2]) and version:
            found.append({"name": name, "version": version})
    return found
