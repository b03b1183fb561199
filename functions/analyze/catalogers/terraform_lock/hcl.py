""".terraform.lock.hcl.

Source: "Dependency Lock File" of Terraform's documentation: a block each provider, with `version`,
`constraints` and `hashes`, written by Terraform a line each.
"""

import re
from typing import Any

from analyze.catalogers.lockfile.entries import Entries, lines
from analyze.catalogers.text import decoded

_PROVIDER = re.compile(r'provider\s+"(?P<url>[^"]+)"\s*\{')
_FIELD = re.compile(r'\s*(?P<key>version|constraints)\s*=\s*"(?P<value>[^"]*)"\s*')
_HASH = re.compile(r'\s*"(?P<hash>(?:h1|zh):[^"]+)",?\s*')
_MOST = 1000  # hashes


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    block: dict[str, Any] = {}
    for line in lines(decoded(data), entries):
        if (provider := _PROVIDER.fullmatch(line)) is not None:
            block = {"url": provider["url"], "hashes": []}
        elif block and (field := _FIELD.fullmatch(line)) is not None:
            block[field["key"]] = field["value"]
        elif block and len(block["hashes"]) < _MOST and (match := _HASH.fullmatch(line)) is not None:
            block["hashes"].append(match["hash"])
        elif block and line.startswith("}"):
            if block.get("version"):
                entries.add(block["url"], block["version"], block)
            block = {}
