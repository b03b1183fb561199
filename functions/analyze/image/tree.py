"""Walking a tree of directories and symbolic links as a kernel would, without a file system.

Links are bounded and clamped to the root: an absolute target starts there and ".." stops there
(path_resolution(7), as after chroot(2)). A name that does not exist is kept as it is, so the place
where a file would be written has a path too (umoci resolves this way, with SecureJoin).
"""

from dataclasses import dataclass
from typing import Protocol

Place = tuple[int, int]  # layer and entry number

_LINKS = 255  # symbolic links followed for one path; Linux stops at 40, umoci's SecureJoin at 255


class Tree(Protocol):
    """Something with paths. `floor` is the lowest layer that a directory still takes children from."""

    def floor(self) -> int:
        """Return the floor of the root directory."""

    def child(self, path: bytes, floor: int) -> tuple[Place | None, int]:
        """Return the entry at a path whose directory has `floor`, and the floor of its children."""

    def link(self, place: Place) -> bytes | None:
        """Return the target of a symbolic link, None for anything else."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A path without symbolic links. `place` is None for the root, an implied directory, and nothing."""

    path: bytes
    place: Place | None


def resolve(tree: Tree, path: bytes, *, follow_last: bool = True) -> Resolved | None:
    """Return where `path` leads to; None when it passes more than 255 links."""
    pending = path.split(b"/")
    pending.reverse()
    trail: list[tuple[bytes, int, Place | None]] = [(b"", tree.floor(), None)]
    links = 0
    while pending:
        name = pending.pop()
        if name in (b"", b"."):
            continue
        if name == b"..":
            if len(trail) > 1:
                trail.pop()
            continue
        directory, floor, _ = trail[-1]
        current = directory + b"/" + name if directory else name
        place, below = tree.child(current, floor)
        target = tree.link(place) if place is not None and (pending or follow_last) else None
        if target is None:
            trail.append((current, below, place))
            continue
        links += 1
        if links > _LINKS:
            return None
        if target.startswith(b"/"):
            del trail[1:]
        pending.extend(reversed(target.split(b"/")))
    real, _, place = trail[-1]
    return Resolved(real, place)
