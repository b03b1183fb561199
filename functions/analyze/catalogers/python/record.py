"""Which files a distribution installed, and what it imports as.

Source: PyPUG "Recording installed projects" (RECORD, direct_url.json), setuptools'
installed-files.txt and top_level.txt.
"""

from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.text import PATHS, Reasons, clean
from cargohold.paths import to_text


def recorded(data: bytes, reasons: Reasons) -> list[str]:
    """Return the first column of RECORD: paths relative to site-packages, or absolute."""
    paths = []
    for line in _lines(data, reasons):
        if line.startswith(b'"'):
            # A quoted path: the CSV writes "" for a quote, and ends at the quote before a comma.
            end = line.find(b'",')
            path = (line[1:end] if end > 0 else line.strip(b'"')).replace(b'""', b'"')
        else:
            path = line.partition(b",")[0]
        if path:
            paths.append(to_text(path))
    return paths


def lines(data: bytes, reasons: Reasons) -> list[str]:
    """Return the lines of installed-files.txt (relative to the egg-info directory) or top_level.txt."""
    return [to_text(line) for line in map(bytes.strip, _lines(data, reasons)) if line]


def direct_url(data: bytes, reasons: Reasons) -> dict[str, str]:
    """Return `url`, `commitId` and `vcs` of direct_url.json, as far as it has them."""
    try:
        document = loads(data)
    except ValueError as error:
        reasons.add(f"no JSON: {clean(str(error))}")
        return {}
    document = document if isinstance(document, dict) else {}
    info = document.get("vcs_info")
    info = info if isinstance(info, dict) else {}
    found: dict[str, Any] = {"url": document.get("url"), "commitId": info.get("commit_id"), "vcs": info.get("vcs")}
    return {key: clean(value) for key, value in found.items() if isinstance(value, str) and value}


def includes_system_site(text: str) -> bool:
    """Tell whether a pyvenv.cfg lets its environment see the system's packages (PEP 405)."""
    for line in text.split("\n"):
        key, _, value = line.partition("=")
        if key.strip().lower() == "include-system-site-packages":
            return value.strip().lower() == "true"
    return False


def _lines(data: bytes, reasons: Reasons) -> list[bytes]:
    found = data.replace(b"\r\n", b"\n").split(b"\n", PATHS)
    if len(found) > PATHS:
        found.pop()
        reasons.add(f"more than {PATHS} lines")
    return found
