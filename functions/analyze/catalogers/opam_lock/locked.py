"""Lock files of opam.

Source: `opam lock` in opam's manual: the file of the package with `depends` of exact versions,
`"name" {= "version"}`, with conditions after that (`& with-test`).
"""

import re

from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.text import decoded

_DEPENDS = re.compile(r"^depends:", re.MULTILINE)
_PIN = re.compile(r'"(?P<name>[^"\s]+)"\s*\{\s*=\s*"(?P<version>[^"\s]+)"(?P<rest>[^{}"]*)\}')


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = decoded(data)
    depends = _DEPENDS.search(document)
    listed = document[depends.end() :].partition("]")[0] if depends is not None else ""
    for match in _PIN.finditer(listed):
        metadata = {
            "name": match["name"],
            "version": match["version"],
            "development": "with-test" in match["rest"] or "with-dev-setup" in match["rest"],
        }
        entries.add(match["name"], match["version"], metadata)
