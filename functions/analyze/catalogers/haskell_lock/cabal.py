"""cabal.project.freeze.

Source: Cabal's User Guide, "cabal v2-freeze": constraints `any.name ==version`, among them flags.
"""

import re

from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.text import decoded

_PIN = re.compile(r"\bany\.(?P<name>[A-Za-z0-9-]+) +==(?P<version>\d[\d.]*)")


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    for match in _PIN.finditer(decoded(data)):
        entries.add(match["name"], match["version"])
