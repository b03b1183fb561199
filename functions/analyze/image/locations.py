"""Digests of the files at which packages were found."""

from analyze.catalogers.contract import FileFacts
from analyze.image.overlay import Merged
from cargohold.model import Location
from cargohold.paths import to_bytes, to_text


class Locator:
    """Answers for one image."""

    def __init__(self, merged: Merged) -> None:
        self._merged = merged

    def digest(self, location: Location, evidence: FileFacts) -> str:
        """Return the digest of the file at a location of a finding, "" when there is none."""
        if location.layer == evidence.layer and location.path == "/" + to_text(evidence.path):
            return evidence.digest
        try:
            path = to_bytes(location.path.lstrip("/"))
        except UnicodeEncodeError:
            return ""
        found = self._merged.resolve(path)
        if found is None or found.place is None or found.place[0] != location.layer:
            found = self._merged.snapshots.resolve(path, location.layer)
        return self._merged.snapshots.digest(found.place) if found and found.place else ""
