"""`syft-json`: Syft's own JSON, so that what reads Syft reads Cargohold.

Source: github.com/anchore/syft, `schema/json/schema-16.0.18.json`. A layer is named by its diff ID
there; CPEs are guesses and left empty. Rows of `files` are those of regular files with a digest.
"""

import base64
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import orjson

from api.analyses import AnalysisReader
from cargohold import __version__
from cargohold.documents.analysis import Analysis
from cargohold.model import FileRecord, License, Location, Package, Scope

SCHEMA_VERSION = "16.0.18"

_FILE_TYPES = {
    "file": "RegularFile",
    "hardlink": "RegularFile",
    "directory": "Directory",
    "symlink": "SymbolicLink",
    "char": "CharacterDevice",
    "block": "BlockDevice",
    "fifo": "FIFONode",
}
_MIME_TYPES = {
    "elf": "application/x-executable",
    "pe": "application/vnd.microsoft.portable-executable",
    "script": "text/x-script",
    "zip": "application/zip",
    "text": "text/plain",
    "binary": "application/octet-stream",
}


def render(reader: AnalysisReader) -> Iterator[bytes]:
    """Yield the document, streamed: one artifact, relationship and file at a time."""
    analysis = reader.analysis
    layers = [layer.diff_id for layer in analysis.layers]
    visible = (package for package in reader.packages() if package.scope is Scope.VISIBLE)
    yield b'{"artifacts":['
    yield from _rows(_artifact(package, layers) for package in visible)
    yield b'],"artifactRelationships":['
    yield from _rows(
        {"parent": relation.parent, "child": relation.child, "type": relation.kind}
        for relation in reader.relationships()
    )
    yield b'],"files":['
    yield from _rows(_file(file, layers) for file in reader.files() if file.digest)
    yield b"]"
    tail = {
        "source": _source(analysis, reader.manifest(), reader.config()),
        "distro": _distro(analysis),
        "descriptor": {"name": "cargohold", "version": __version__},
        "schema": {
            "version": SCHEMA_VERSION,
            "url": f"https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-{SCHEMA_VERSION}.json",
        },
    }
    yield b"," + orjson.dumps(tail)[1:] + b"\n"


def _rows(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    separator = b"\n"
    part = bytearray()
    for row in rows:
        part += separator + orjson.dumps(row)
        separator = b",\n"
        if len(part) > 1 << 17:
            yield bytes(part)
            part.clear()
    yield bytes(part)


def _location(location: Location, layers: list[str]) -> dict[str, Any]:
    return {
        "path": location.path,
        "layerID": layers[location.layer],
        "accessPath": location.path,
        "annotations": {"evidence": location.evidence},
    }


def _license(license_: License, package: Package, layers: list[str]) -> dict[str, Any]:
    evidence = [place for place in package.locations if place.path == license_.path] or package.locations[:1]
    return {
        "value": license_.value,
        "spdxExpression": license_.spdx_expression,
        "type": license_.type,
        "urls": [],
        "locations": [_location(place, layers) for place in evidence],
    }


def _artifact(package: Package, layers: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": package.id,
        "name": package.name,
        "version": package.version,
        "type": package.type,
        "foundBy": f"{package.cataloger}-cataloger",
        "locations": [_location(place, layers) for place in package.locations],
        "licenses": [_license(license_, package, layers) for license_ in package.licenses],
        "language": package.language,
        "cpes": [],
        "purl": package.purl,
    }
    if package.metadata_type:
        row["metadataType"] = package.metadata_type
        row["metadata"] = package.metadata
    return row


def _file(file: FileRecord, layers: list[str]) -> dict[str, Any]:
    identity = sha256(f"{file.path}\n{layers[file.layer]}".encode()).hexdigest()[:16]
    return {
        "id": identity,
        "location": {"path": file.path, "layerID": layers[file.layer]},
        "metadata": {
            "mode": int(f"{file.mode & 0o7777:o}"),  # Syft writes the octal digits as a decimal number
            "type": _FILE_TYPES[file.type],
            "userID": file.uid,
            "groupID": file.gid,
            "mimeType": _MIME_TYPES.get(file.content, ""),
            "size": file.size,
        },
        "digests": [{"algorithm": "sha256", "value": file.digest.removeprefix("sha256:")}],
    }


def _source(analysis: Analysis, manifest: bytes, config: bytes) -> dict[str, Any]:
    settings = orjson.loads(config).get("config") or {}
    return {
        "id": analysis.image.removeprefix("sha256:"),
        "name": analysis.image,
        "version": analysis.image,
        "type": "image",
        "metadata": {
            "userInput": analysis.image,
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
            "repoDigests": [],
            "architecture": analysis.architecture,
            "os": analysis.os,
            "labels": settings.get("Labels") or {},
        },
    }


def _distro(analysis: Analysis) -> dict[str, Any]:
    distro = analysis.distro
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
