"""Where rpm keeps things. Paths are bytes without a leading "/"."""

import re

_FILE = re.compile(
    rb"(?P<root>(?:.*/)?)(?:(?:var/lib|usr/share|usr/lib/sysimage)/rpm/"
    rb"(?:(?P<database>Packages|Packages\.db|rpmdb\.sqlite)|(?P<log>rpmdb\.sqlite-wal))"
    rb"|var/lib/rpmmanifest/(?P<manifest>container-manifest-2))",
    re.DOTALL,
)


def kind(path: bytes) -> str:
    """Return what a file is: database, log (SQLite's, beside its database), manifest, or ""."""
    match = _FILE.fullmatch(path)
    return next((name for name in ("database", "log", "manifest") if match and match[name]), "")
