"""References of Conan packages: `name/version[@user/channel][#recipe revision][:package id][%timestamp]`.

Source: `conan/api/model/refs.py` and `conan/internal/model/version_range.py` of Conan 2; "_" is Conan 1's word
for no user and no channel.
"""

import re
from dataclasses import dataclass

from analyze.catalogers.text import clean

_REFERENCE = re.compile(
    r"(?P<name>[^/@#:%\s]+)/(?P<version>[^/@#:%\s]+)"
    r"(?:@(?P<user>[^/@#:%\s]*)(?:/(?P<channel>[^/@#:%\s]*))?)?"
    r"(?:#(?P<revision>[^:%\s]*))?(?::(?P<package>[^#%\s]+)(?:#[^%\s]*)?)?(?:%\S*)?"
)
_FREE = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """The parts of a reference; empty ones are "". `text` is the whole as it was written."""

    text: str
    name: str
    version: str
    user: str = ""
    channel: str = ""
    package_id: str = ""

    def admits(self, version: str) -> bool:
        """Tell whether this reference may mean a version: `1.Y.Z` means every version 1, as package ids write it."""
        mine, other = self.version.split("."), version.split(".")
        return all(
            position < len(other) and (part == other[position] or _FREE.fullmatch(part) is not None)
            for position, part in enumerate(mine)
        )


def parse(text: str) -> Reference | None:
    """Return a reference, or None when the text is none."""
    text = clean(text)
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    user, channel = ("" if part in (None, "_") else part for part in match.group("user", "channel"))
    return Reference(text, match["name"], match["version"], user, channel, match["package"] or "")
