"""Paths as container runtimes read them from a tar, and as people read them."""

_MARKS = (b"/", b".")


def clean(name: bytes) -> tuple[bytes, bool]:
    """Return a name without leading "/", empty, "." and ".." parts, and whether it tried to leave the root.

    Lexical, as Go's `filepath.Clean` of "/" + name; b"" is the root.
    """
    if b"/." not in name and b"//" not in name and not name.startswith(_MARKS):
        return name.rstrip(b"/"), False
    if name.startswith(b"./"):
        rest = name[2:]
        if b"/." not in rest and b"//" not in rest and not rest.startswith(_MARKS):
            return rest.rstrip(b"/"), False
    parts: list[bytes] = []
    left = False
    for part in name.split(b"/"):
        if part in (b"", b"."):
            continue
        if part != b"..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            left = True
    return b"/".join(parts), left


def parent(path: bytes) -> bytes:
    """Return the directory of a clean path; b"" is the root."""
    return path[: max(path.rfind(b"/"), 0)]


def join(directory: bytes, name: bytes) -> bytes:
    """Return a path below a clean directory."""
    return directory + b"/" + name if directory else name
