"""gradle.lockfile.

Source: Gradle's "Dependency Locking": lines `group:artifact:version=configurations`, and `empty=` for
configurations that resolved to nothing.
"""

import re

from analyze.catalogers.lockfile.entries import Entries, lines, text
from analyze.catalogers.text import decoded

_LINE = re.compile(r"(?P<group>[^:=#\s]+):(?P<artifact>[^:=\s]+):(?P<version>[^:=\s]+)=(?P<configurations>\S*)\s*")


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    for line in lines(decoded(data), entries):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        group, artifact, version = (text(match[field]) for field in ("group", "artifact", "version"))
        configurations = text(match["configurations"]).split(",")
        project = {"groupId": group, "artifactId": artifact, "version": version, "name": artifact}
        metadata = {
            "pomProject": project,
            "development": all(one.startswith("test") for one in configurations),
        }
        entries.add(artifact, version, metadata, namespace=group)
