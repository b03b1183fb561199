"""Where dpkg and opkg keep things. Paths are bytes without a leading "/"."""

import re

_FILE = re.compile(
    rb"(?:.*/)?(?:lib/(?P<tool>dpkg|opkg)/"
    rb"(?:(?P<status>status)|(?P<diversions>diversions)"
    rb"|status\.d/(?:[^/]+\.(?P<beside>md5sums|list|conffiles)|(?P<distroless>[^/]+))"
    rb"|info/[^/]+\.(?P<info>md5sums|list|conffiles|control))"
    rb"|usr/share/doc/.+/(?P<copyright>copyright))",
    re.DOTALL,
)
_DATABASE = re.compile(rb"(?P<root>.*?)(?:(?:var|usr)/)?lib/(?:dpkg|opkg)/[^/]+(?:/[^/]*)?", re.DOTALL)


def kind(path: bytes) -> str:
    """Return what a file is: status, control, md5sums, list, conffiles, diversions, copyright, or ""."""
    match = _FILE.fullmatch(path)
    if match is None:
        return ""
    found = match.groupdict()
    if found["status"] or found["distroless"]:
        return "status"
    if found["copyright"]:
        return "copyright"
    if found["diversions"]:
        return "diversions" if found["tool"] == b"dpkg" else ""
    name = found["beside"] or found["info"]
    return "" if name == b"control" and found["tool"] == b"dpkg" else name.decode()


def companions(status: bytes) -> bytes:
    """Return the directory, with a "/" at its end, in which the md5sums for a status or control file are."""
    directory, _, name = status.rpartition(b"/")
    return directory + (b"/info/" if name == b"status" else b"/")


def root(status: bytes) -> bytes:
    """Return the root of the tree that a database describes: "" or with a "/" at its end."""
    match = _DATABASE.fullmatch(status)
    return match["root"] if match else b""


def is_opkg(status: bytes) -> bool:
    """Tell whether opkg keeps the database."""
    return b"lib/opkg/" in status
