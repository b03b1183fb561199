"""stack.yaml.lock.

Source: Stack's "Lock files": a list of packages, the `completed` ones as `name-version@sha256:digest,size`.
What a snapshot has beside them is not listed.
"""

import re

from analyze.catalogers.lockfile import yaml
from analyze.catalogers.lockfile.entries import Entries, table, tables, text
from analyze.catalogers.text import decoded

_PACKAGE = re.compile(r"(?P<name>[A-Za-z0-9-]+)-(?P<version>\d[\d.]*)(?:@sha256:(?P<digest>[0-9a-f]{64})(?:,\d+)?)?")


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = table(yaml.loads(decoded(data)))
    snapshots = [text(table(one.get("completed")).get("url")) for one in tables(document.get("snapshots"))]
    for package in tables(document.get("packages")):
        match = _PACKAGE.fullmatch(text(table(package.get("completed")).get("hackage")))
        if match is not None:
            metadata = {"pkgHash": match["digest"], "snapshotURL": next(iter(snapshots), "")}
            entries.add(match["name"], match["version"], metadata)
