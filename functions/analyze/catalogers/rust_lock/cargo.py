"""Cargo.lock, versions 1 to 4.

Source: `src/cargo/core/resolver/encode.rs` of rust-lang/cargo. A dependency is `name`, `name version` where
its name is there in several, or `name version (source)`. Version 1 has checksums in `metadata`, and the
package itself in `root`.
"""

from collections import defaultdict
from typing import Any

from analyze.catalogers.lockfile import toml
from analyze.catalogers.lockfile.entries import Entries, table, tables, text, texts

_MOST = 10  # versions of one name that are related


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    document = toml.loads(data)
    checksums = table(document.get("metadata"))
    positions: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    needs: list[tuple[int, list[str]]] = []
    for package in [*tables(document.get("package")), *tables([document.get("root")])]:
        name, version, source = (text(package.get(field)) for field in ("name", "version", "source"))
        dependencies = texts(package.get("dependencies"))
        metadata: dict[str, Any] = {
            "name": name,
            "version": version,
            "source": source,
            "checksum": text(package.get("checksum")) or text(checksums.get(f"checksum {name} {version} ({source})")),
            "dependencies": dependencies,
        }
        position = entries.add(name, version, metadata)
        if len(positions[name]) < _MOST:
            positions[name].append((version, source, position))
        needs.append((position, dependencies))
    for position, dependencies in needs:
        for dependency in dependencies:
            name, version, source = [*dependency.split(" ", 2), "", ""][:3]
            for other, place, found in positions.get(name, ()):
                if version in ("", other) and source in ("", f"({place})"):
                    entries.relate(position, found)
