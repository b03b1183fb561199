"""Which files describe an installed Python distribution. Paths are bytes without a leading "/"."""

import re

_FILE = re.compile(
    rb"(?:(?P<outer>.*)/)?(?:"
    rb"(?P<egg>[^/]+\.egg-info)"
    rb"|(?:[^/]*\.dist-info|dist-info)/(?P<dist>metadata|record|top_level\.txt|direct_url\.json)"
    rb"|(?:[^/]*\.egg-info|egg-info)/(?P<info>pkg-info|installed-files\.txt|top_level\.txt)"
    rb"|(?P<venv>pyvenv\.cfg))",
    re.DOTALL | re.IGNORECASE,
)
_KINDS = {
    b"metadata": "metadata",
    b"pkg-info": "metadata",
    b"record": "record",
    b"installed-files.txt": "installed-files",
    b"top_level.txt": "top-level",
    b"direct_url.json": "direct-url",
}


def kind(path: bytes) -> str:
    """Return what a file is: metadata, record, installed-files, top-level, direct-url, venv, or ""."""
    match = _FILE.fullmatch(path)
    if match is None:
        return ""
    if match["venv"]:
        return "venv"
    return "metadata" if match["egg"] else _KINDS[(match["dist"] or match["info"]).lower()]


def directory(metadata: bytes) -> bytes:
    """Return the directory of a distribution's companions, or "" for an .egg-info that is a file."""
    outer, _, name = metadata.rpartition(b"/")
    return b"" if name.lower().endswith(b".egg-info") else outer


def site(metadata: bytes) -> bytes:
    """Return the directory that a distribution is installed in: its site-packages, or the egg."""
    return (directory(metadata) or metadata).rpartition(b"/")[0]
