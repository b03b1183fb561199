""".terraform.lock.hcl.

Source: "Dependency Lock File" of Terraform's documentation: a block each provider, with `version`,
`constraints` and `hashes`.
"""

import re

from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.text import decoded

_BLOCK = re.compile(r'^provider "(?P<url>[^"\n]+)" \{\n(?P<body>[^}]*)^\}', re.MULTILINE)
_VERSION = re.compile(r'^\s*version\s*=\s*"([^"\n]+)"', re.MULTILINE)
_CONSTRAINTS = re.compile(r'^\s*constraints\s*=\s*"([^"\n]+)"', re.MULTILINE)
_HASH = re.compile(r'"((?:h1|zh):[^"\n]+)"')


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    for block in _BLOCK.finditer(decoded(data)):
        version, constraints = _VERSION.search(block["body"]), _CONSTRAINTS.search(block["body"])
        if version is not None:
            metadata = {
                "url": block["url"],
                "version": version[1],
                "constraints": constraints[1] if constraints is not None else "",
                "hashes": _HASH.findall(block["body"])[:1000],
            }
            entries.add(block["url"], version[1], metadata)
