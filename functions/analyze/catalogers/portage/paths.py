"""Where Portage keeps things. Paths are bytes without a leading "/"."""

import re

ENTRY = rb"(?:.*/)?var/db/pkg/[^/]+/[^/]+/(?:CONTENTS|LICENSE|SIZE|SLOT|RDEPEND)"
GROUPS = rb"(?:.*/)?etc/portage/license_groups"
_ENTRY = re.compile(rb"((?:.*/)?)var/db/pkg/([^/]+)/([^/]+)/([A-Z]+)", re.DOTALL)
# Package Manager Specification 3.1.2 and 3.2: names, and versions with suffixes and a revision.
_VERSIONED = re.compile(
    rb"([A-Za-z0-9_+][A-Za-z0-9_+-]*?)-"
    rb"(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?)"
)
_CATEGORY = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_+.-]*")


def kind(path: bytes) -> str:
    """Return the name of a file of an entry, `license_groups`, or ""."""
    if re.fullmatch(ENTRY, path, re.DOTALL):
        return path.rpartition(b"/")[2].decode()
    return "license_groups" if re.fullmatch(GROUPS, path, re.DOTALL) else ""


def package(path: bytes) -> tuple[str, str] | None:
    """Return `category/name` and version of an entry; None for what is no package (`-MERGING-x`, and so on)."""
    match = _ENTRY.fullmatch(path)
    if match is None or not _CATEGORY.fullmatch(match[2]):
        return None
    found = versioned(match[3])
    return None if found is None else (f"{match[2].decode()}/{found[0]}", found[1])


def versioned(text: bytes) -> tuple[str, str] | None:
    """Return the name and the version of `name-version`."""
    match = _VERSIONED.fullmatch(text)
    return (match[1].decode(), match[2].decode()) if match else None


def root(path: bytes) -> bytes:
    """Return the root of the tree that an entry is of: "" or with a "/" at its end."""
    match = _ENTRY.fullmatch(path)
    return match[1] if match else b""
