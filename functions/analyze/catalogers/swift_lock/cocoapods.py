"""Podfile.lock.

Source: `lockfile.rb` of CocoaPods/Core: `PODS` is a list of `Name (version)`, or of such with a list of what it
needs. A pod's parts (`Name/Part`) are in it as pods of their own; `SPEC CHECKSUMS` are of whole pods.
"""

import re
from typing import Any

from analyze.catalogers.lockfile import yaml
from analyze.catalogers.lockfile.entries import Entries, mapping, table, text
from analyze.catalogers.text import decoded

_POD = re.compile(r"(?P<name>[^()]+?)(?: \((?P<version>[^()]*)\))?")


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = table(yaml.loads(decoded(data)))
    checksums = mapping(document.get("SPEC CHECKSUMS"))
    positions: dict[str, int] = {}
    needs: list[tuple[int, list[Any]]] = []
    pods = document.get("PODS")
    for pod in pods if isinstance(pods, list) else ():
        said, needed = next(iter(pod.items()), ("", [])) if isinstance(pod, dict) else (text(pod), [])
        match = _POD.fullmatch(said)
        if match is not None and match["version"]:
            name = match["name"]
            checksum = checksums.get(name.partition("/")[0], "")
            positions[name] = entries.add(name, match["version"], {"checksum": checksum})
            needs.append((positions[name], needed if isinstance(needed, list) else []))
    for position, needed in needs:
        for one in needed:
            match = _POD.fullmatch(text(one))
            if match is not None:
                entries.relate(position, positions.get(match["name"], -1))
