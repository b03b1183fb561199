"""What the walker could not read as it stands, bounded."""

from cargohold.model import Unknown
from cargohold.paths import to_text

CATALOGER = "layer"  # the name under which the walker reports


class Unknowns:
    """Collects reasons by path; those over `limit` are counted only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: list[Unknown] = []
        self._more = 0

    def add(self, path: bytes, reason: str) -> None:
        """Note why something at `path` (b"" for the whole layer) is not as it seems."""
        if len(self._found) < self._limit:
            self._found.append(Unknown(path="/" + to_text(path), layer=0, cataloger=CATALOGER, reason=reason))
        else:
            self._more += 1

    def found(self) -> list[Unknown]:
        """Return what was noted, and how much more there was."""
        if not self._more:
            return self._found
        last = Unknown(path="/", layer=0, cataloger=CATALOGER, reason=f"{self._more} more entries are not as they seem")
        return [*self._found, last]
