"""Paths are bytes in a layer and text in documents, databases and answers.

A path that is UTF-8 is its own text. Otherwise every byte that is not UTF-8 is written `\\xHH`, in
lower case, and so is NUL, which PostgreSQL's text cannot hold. A backslash is written `\\x5c` only where
it would read as such an escape, so names with a backslash (`dev-disk-by\\x2dlabel.device`) stay as they
are. The text has no surrogates: JSON encoders reject them.
"""

import re
from collections.abc import Sequence

_READS_AS_ESCAPE = re.compile(rb"\\(?=x(?:00|5c|[89a-f][0-9a-f]))")
_ESCAPE = re.compile(rb"\\x(00|5c|[89a-f][0-9a-f])")


def to_text(path: bytes) -> str:
    """Return the text of a path: lossless, `to_bytes` gives the path back."""
    if b"\\" in path:
        path = _READS_AS_ESCAPE.sub(rb"\\x5c", path)
    if b"\0" in path:
        path = path.replace(b"\0", b"\\x00")
    return path.decode("utf-8", "backslashreplace")


def to_rooted_texts(paths: Sequence[bytes]) -> list[str]:
    """Return the texts of paths, each after a "/": at once where none of them needs an escape, as almost all."""
    together = b"\0/".join(paths)
    if paths and b"\\" not in together and together.count(b"\0") == len(paths) - 1:
        try:
            return f"/{together.decode()}".split("\0")
        except UnicodeDecodeError:
            pass
    return ["/" + to_text(path) for path in paths]


def to_bytes(text: str) -> bytes:
    """Return the path that `to_text` wrote as `text`.

    Raises `UnicodeEncodeError` (a `ValueError`) on lone surrogates, which `to_text` never writes.
    """
    path = text.encode()
    if b"\\" not in path:
        return path
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), path)
