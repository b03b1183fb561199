"""The files of an entry of Portage's database: CONTENTS and RDEPEND.

Source: Portage's `lib/portage/dbapi/vartree.py` (`writeContentsToContentsFile`) and the Package Manager
Specification, section 8 (dependencies).
"""

import re
from typing import Any

from analyze.catalogers.portage.paths import versioned
from analyze.catalogers.text import PATHS, Reasons
from cargohold.paths import to_text

_MD5 = re.compile(rb"[0-9a-f]{32}")
_ATOM = re.compile(rb"([<>=~]*)([A-Za-z0-9_][A-Za-z0-9_+.-]*)/([A-Za-z0-9_+][^\s:\[]*)")
_MOST = 10_000  # dependencies
_LONGEST = 500  # of one


def files(data: bytes, reasons: Reasons) -> dict[str, list[str]]:
    """Return `paths`, each with a leading "/", and of each the MD5 digest in `digests`, "" for what is no file."""
    found: dict[str, list[str]] = {"paths": [], "digests": []}
    if data.count(b"\n") > PATHS:
        reasons.add(f"more than {PATHS} lines")
        return found
    for number, line in enumerate(data.split(b"\n"), 1):
        kind, _, path = line.partition(b" ")
        digest = b""
        if kind == b"obj":
            path, _, digest = path.rpartition(b" ")[0].rpartition(b" ")
            path = path if _MD5.fullmatch(digest) else b""
        elif kind == b"sym":
            path, arrow, _ = path.partition(b" -> ")
            path = path if arrow else b""
        elif kind not in (b"dir", b"fif", b"dev"):
            path = b""
        if path.startswith(b"/"):
            found["paths"].append(to_text(path))
            found["digests"].append(digest.decode())
        elif line.strip():
            reasons.add(f"line {number} is no file")
    return found


def dependencies(data: bytes) -> list[str]:
    """Return `category/name` of all that may be needed, every alternative; blockers are left out."""
    names: dict[str, Any] = {}
    for word in data.split(None, _MOST)[:_MOST]:
        match = _ATOM.match(word)
        if match is None or len(word) > _LONGEST:
            continue
        name = match[3]
        if match[1]:
            found = versioned(name.removesuffix(b"*"))
            if found is None:
                continue
            name = found[0].encode()
        names[to_text(match[2] + b"/" + name)] = None
    return list(names)
