"""What about a file's rights is worth a look."""

from typing import Literal

from cargohold.model import FileRecord

Finding = Literal["suid", "sgid", "world-writable", "capabilities"]

_SUID, _SGID = 0o4000, 0o2000
_ANYONE = 0o0002
_STICKY = 0o1000


def findings(item: FileRecord) -> tuple[Finding, ...]:
    """Return what of a path's rights is worth a look."""
    found: list[Finding] = []
    if item.type in ("file", "hardlink"):
        found += ["suid"] if item.mode & _SUID else []
        found += ["sgid"] if item.mode & _SGID else []
    sticky = item.type == "directory" and item.mode & _STICKY  # as /tmp: what is there is safe from others
    if item.mode & _ANYONE and item.type not in ("symlink", "char") and not sticky:
        found.append("world-writable")
    if item.capability:
        found.append("capabilities")
    return tuple(found)
