"""Globs over paths, as settings write them: `*` and `?` within a name, `**` across directories.

Of Git's rules (gitignore(5)): a glob without a "/" is of the base name, wherever the file is. A leading "/"
says nothing, for paths in an image all begin at its root.
"""

import re


def expression(glob: str) -> bytes:
    """Return a regular expression over whole paths, which have no leading "/"."""
    parts = []
    if "/" not in glob:
        glob = "**/" + glob
    for piece in re.findall(r"\*\*/|\*+|\?|[^*?]+", glob.lstrip("/")):
        if piece == "**/":
            parts.append("(?:.*/)?")
        elif piece.startswith("*"):
            parts.append("[^/]*" if piece == "*" else ".*")
        elif piece == "?":
            parts.append("[^/]")
        else:
            parts.append(re.escape(piece))
    return "".join(parts).encode("utf-8", "surrogateescape")


def compiled(globs: tuple[str, ...]) -> "re.Pattern[bytes]":
    """Return one expression that matches a path when any of the globs does; nothing without globs."""
    return re.compile(b"|".join(b"(?:%s)" % expression(glob) for glob in globs) or b"(?!)", re.DOTALL)
