"""`artifacts`: packages as Syft writes them, and the places where they were found."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from api.formats.facts.cpes import package_cpe
from api.formats.syft_json.metadata import metadata
from cargohold.model import License, Location, Package, Scope


class Artifacts:
    """Makes rows of packages and remembers where they are evident.

    `ids` are those of the packages, `places` the digest of every place by path and layer.
    """

    def __init__(self, layers: Sequence[str]) -> None:
        self._layers = layers
        self._evidence: list[tuple[str, str, int, str]] = []
        self.ids: list[str] = []
        self.places: dict[tuple[str, int], str] = {}

    def row(self, package: Package) -> dict[str, Any]:
        """Return the artifact of a package."""
        self.ids.append(package.id)
        for place in package.locations:
            self.places[place.path, place.layer] = place.digest or self.places.get((place.path, place.layer), "")
            self._evidence.append((package.id, place.path, place.layer, place.evidence))
        cpe = package_cpe(package)
        row: dict[str, Any] = {
            "id": package.id,
            "name": package.name,
            "version": package.version,
            "type": package.type,
            "foundBy": f"{package.cataloger}-cataloger",
            "locations": [self._location(place, package) for place in package.locations],
            "licenses": [self._license(license_, package) for license_ in package.licenses],
            "language": package.language,
            "cpes": [{"cpe": cpe, "source": "nvd-cpe-dictionary"}] if cpe else [],
            "purl": package.purl,
        }
        if package.metadata_type:
            row["metadataType"] = package.metadata_type
            row["metadata"] = metadata(package)
        return row

    def evidence(self) -> Iterator[tuple[str, str, str]]:
        """Yield package id, file id, and whether the evidence is primary or supporting."""
        for package, path, layer, kind in self._evidence:
            yield package, file_id(path, self._layers[layer]), kind

    def _location(self, place: Location, package: Package) -> dict[str, Any]:
        annotations = {"evidence": place.evidence}
        if package.scope is not Scope.VISIBLE:
            annotations["visible"] = "false" if package.scope is Scope.HIDDEN else "true"
            annotations["scope"] = package.scope.value
        return {
            "path": place.path,
            "layerID": self._layers[place.layer],
            "accessPath": place.path,
            "annotations": annotations,
        }

    def _license(self, license_: License, package: Package) -> dict[str, Any]:
        evidence = [place for place in package.locations if place.path == license_.path] or package.locations[:1]
        return {
            "value": license_.value,
            "spdxExpression": license_.spdx_expression,
            "type": license_.type,
            "urls": [],
            "locations": [self._location(place, package) for place in evidence],
        }


def file_id(path: str, layer: str) -> str:
    """Return the id of a file in a layer, by its diff ID."""
    return sha256(f"{path}\n{layer}".encode()).hexdigest()[:16]
