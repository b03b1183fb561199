"""Turning a file's bytes into text that every encoder and database takes.

Facts hold no surrogates (JSON encoders reject them) and no NUL (PostgreSQL's text cannot hold one), and
no single field is larger than `FIELD` characters.
"""

import re

from analyze.catalogers.contract import Facts, LayerFile

FIELD = 64 << 10
PACKAGES = 100_000  # of one file
PATHS = 300_000  # of one file
UNKNOWNS = 20  # reasons kept a file; the last one says how many more there were
UNKNOWN_VERSION = "UNKNOWN"  # what Syft writes for a package without a version; its purl has none
_SURROGATE = re.compile("[\ud800-\udfff]")


def decoded(data: bytes) -> str:
    """Return bytes as text: UTF-8, a byte order mark dropped, what is not UTF-8 and NUL replaced by U+FFFD.

    Line ends become "\\n".
    """
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text.replace("\r\n", "\n") if "\r" in text else text


def clean(text: str) -> str:
    """Return text without surrogates, NUL and surrounding blanks, cut to `FIELD` characters."""
    if len(text) > FIELD:
        text = text[:FIELD]
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return text.replace("\0", "\ufffd").strip()


def is_name(text: str) -> bool:
    """Tell whether a package can be called so: a purl needs more than blanks and slashes."""
    return bool(text.strip().strip("/"))


def words(text: str) -> list[str]:
    """Return the words between blanks."""
    return clean(text).split()


def listed(text: str, separator: str = ",") -> list[str]:
    """Return what stands between separators, without blanks around it; empty items are dropped."""
    return [item for part in clean(text).split(separator) if (item := part.strip())]


def content(file: LayerFile, limit: int) -> bytes | Facts:
    """Return a file's content, or facts that say why there is none."""
    try:
        return file.read(limit)
    except ValueError:
        return Facts(unknowns=[f"larger than {limit} bytes"])


class Reasons:
    """Collects reasons for unknowns, a bounded number of them."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._count = 0

    def add(self, reason: str) -> None:
        """Note one."""
        self._count += 1
        if len(self._kept) < UNKNOWNS:
            self._kept.append(reason)

    def listed(self) -> list[str]:
        """Return them, with a last line for those that were not kept."""
        more = self._count - len(self._kept)
        return [*self._kept, f"and {more} more of these"] if more else self._kept
