"""Lock files of opam.

Source: `opam lock` in opam's manual: the file of the package with `depends` of exact versions,
`"name" {= "version"}`, with conditions after that (`& with-test`).
"""

import re

from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.text import decoded

_DEPENDS = re.compile(r"^depends:\s*\[([^\]]*)\]", re.MULTILINE)
_PIN = re.compile(r'"(?P<name>[^"\s]+)"\s*\{\s*=\s*"(?P<version>[^"\s]+)"(?P<rest>[^{}]*)\}')


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    depends = _DEPENDS.search(decoded(data))
    for match in _PIN.finditer(depends[1] if depends is not None else ""):
        metadata = {
            "name": match["name"],
            "version": match["version"],
            "development": "with-test" in match["rest"] or "with-dev-setup" in match["rest"],
        }
        entries.add(match["name"], match["version"], metadata)
