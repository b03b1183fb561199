"""`syft-json`: Syft's own JSON, so that what reads Syft reads Cargohold.

Source: github.com/anchore/syft, `schema/json/schema-16.0.18.json`. A layer is named by its diff ID there.
A location's annotation `visible` says whether the merged image still has it, as in Syft's deep-squashed
scope.
"""

import base64
from collections.abc import Iterator
from typing import Any

import orjson

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.facts import image
from api.formats.rows import array, members
from api.formats.syft_json.artifacts import Artifacts
from api.formats.syft_json.files import files
from cargohold import __version__
from cargohold.documents.analysis import Analysis, DistroEntry
from cargohold.model import Relationship

SCHEMA_VERSION = "16.0.18"


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:
    """Yield the document, streamed: one artifact, relationship and file at a time."""
    analysis = reader.analysis
    layers = [layer.diff_id for layer in analysis.layers]
    artifacts = Artifacts(layers)
    source = _source(reader, request)
    yield b'{"artifacts":['
    yield from array(artifacts.row(package) for package in reader.packages())
    yield b'],"artifactRelationships":['
    yield from array(_relationships(reader, artifacts, source["id"]))
    yield b'],"files":['
    yield from array(files(reader, layers, artifacts.places))
    tail = {
        "source": source,
        "distro": _distro(analysis.distro),
        "descriptor": {"name": "cargohold", "version": __version__, "configuration": _configuration(analysis, request)},
        "schema": {
            "version": SCHEMA_VERSION,
            "url": f"https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-{SCHEMA_VERSION}.json",
        },
    }
    yield b"]," + members(tail) + b"}\n"


def _relationships(reader: AnalysisReader, artifacts: Artifacts, source: str) -> Iterator[dict[str, Any]]:
    for relation in reader.relationships():
        yield _relationship(relation)
    for package, file, kind in artifacts.evidence():
        yield {"parent": package, "child": file, "type": "evident-by", "metadata": {"kind": kind}}
    for package in artifacts.ids:
        yield {"parent": source, "child": package, "type": "contains"}


def _relationship(relation: Relationship) -> dict[str, Any]:
    row: dict[str, Any] = {"parent": relation.parent, "child": relation.child, "type": relation.kind}
    if relation.detail:
        row["metadata"] = {"files": list(relation.detail)}
    return row


def _configuration(analysis: Analysis, request: Request) -> dict[str, Any]:
    return {"scope": request.scope, "catalogVersion": analysis.catalog_version, "options": analysis.options}


def _source(reader: AnalysisReader, request: Request) -> dict[str, Any]:
    analysis = reader.analysis
    manifest, config = reader.manifest(), reader.config()
    settings = orjson.loads(config).get("config") or {}
    name = image.name(analysis, request)
    named = name if request.repository and image.digest(analysis) else ""
    return {
        "id": analysis.image.removeprefix("sha256:"),
        "name": name,
        "version": analysis.image,
        "type": "image",
        "metadata": {
            "userInput": name,
            "imageID": analysis.config_digest,
            "manifestDigest": analysis.image,
            "mediaType": analysis.media_type,
            "tags": [],
            "imageSize": sum(layer.uncompressed_size for layer in analysis.layers),
            "layers": [
                {"mediaType": layer.media_type, "digest": layer.diff_id, "size": layer.uncompressed_size}
                for layer in analysis.layers
            ],
            "manifest": base64.b64encode(manifest).decode(),
            "config": base64.b64encode(config).decode(),
            "repoDigests": [f"{named}@{analysis.image}"] if named else [],
            "architecture": analysis.architecture,
            "os": analysis.os,
            "labels": settings.get("Labels") or {},
        },
    }


def _distro(distro: DistroEntry) -> dict[str, Any]:
    row = {
        "prettyName": distro.pretty_name,
        "name": distro.name,
        "id": distro.id,
        "idLike": list(distro.id_like),
        "version": distro.version,
        "versionID": distro.version_id,
        "versionCodename": distro.version_codename,
        "buildID": distro.build_id,
        "variantID": distro.variant_id,
    }
    return {key: value for key, value in row.items() if value}
