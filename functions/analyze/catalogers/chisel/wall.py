"""manifest.wall: a JSON object a line under zstd.

Source: the reference "Chisel manifest" (https://documentation.ubuntu.com/chisel, docs/reference/manifest.md
of canonical/chisel). A slice is called PACKAGE_SLICE, and no package's name has an underscore.
"""

from collections import defaultdict
from typing import Any

from analyze.catalogers.bounded_json import loads
from analyze.catalogers.text import PACKAGES, PATHS, Reasons, clean, is_name

_TEXTS = ("name", "version", "arch", "sha256")


def packages(data: bytes, reasons: Reasons) -> list[dict[str, Any]]:
    """Return name, version, arch, sha256, `slices` (names without the package's) and `files` of each package.

    `files` are `[path, SHA-256 as installed or "", link target or ""]` without directories; empty fields
    are absent.
    """
    found: dict[str, dict[str, Any]] = {}
    slices: dict[str, list[str]] = defaultdict(list)
    files: dict[str, list[list[str]]] = defaultdict(list)
    left = PATHS
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            item = loads(line)
        except ValueError as error:
            reasons.add(f"line {number} is no JSON: {str(error)[:100]}")
            continue
        kind = item.get("kind") if isinstance(item, dict) else None
        if kind == "package":
            package: dict[str, Any] = {key: value for key in _TEXTS if (value := _text(item.get(key)))}
            if is_name(package.get("name", "")) and len(found) < PACKAGES:
                found[package["name"]] = package
        elif kind == "slice":
            owner, _, name = _text(item.get("name")).partition("_")
            slices[owner].append(name)
        elif kind == "path" and left > 0:
            left -= _add(item, files)
    if left <= 0:
        reasons.add(f"more than {PATHS} paths")
    for name, one in found.items():
        if name in slices:
            one["slices"] = slices[name]
        if name in files:
            one["files"] = files[name]
    return list(found.values())


def _add(item: dict[str, Any], files: dict[str, list[list[str]]]) -> int:
    """Note a path under each package that has a slice with it, and return under how many."""
    path, owners = _text(item.get("path")), item.get("slices")
    if not path.startswith("/") or path.endswith("/") or not isinstance(owners, list):
        return 0
    digest = _text(item.get("final_sha256")) or _text(item.get("sha256"))
    names = {_text(owner).partition("_")[0] for owner in owners[:1000]}
    for name in names:
        files[name].append([path, digest, _text(item.get("link"))])
    return len(names)


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""
