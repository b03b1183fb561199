"""Components: the image, its operating system, its packages."""

from collections.abc import Iterable, Sequence
from typing import Any

from api.formats import Request
from api.formats.cyclonedx.licenses import licenses
from api.formats.facts import image
from api.formats.facts.artifacts import Artifact, artifact
from api.formats.facts.cpes import package_cpe, system_cpe
from api.formats.facts.entities import Entity, authors, label, supplier
from api.formats.facts.hashes import Hash, of_digest
from api.formats.facts.links import links
from cargohold.documents.analysis import Analysis
from cargohold.model import Package, Scope

_ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}
# Hidden packages cannot be reached when the image runs; declared ones are not installed.
_SCOPES = {Scope.HIDDEN: "excluded", Scope.DECLARED: "optional"}
_TYPES = {"binary": "application", "linux-kernel-module": "device-driver"}


def image_component(analysis: Analysis, request: Request) -> dict[str, Any]:
    """Return `metadata.component`: the image, with the digests of its layers as properties."""
    layers = enumerate(analysis.layers)
    properties = [_property(f"cargohold:layer:{number}:diff-id", layer.diff_id) for number, layer in layers]
    properties += [
        _property("cargohold:image:config-digest", analysis.config_digest),
        _property("bsi:component:archive", "archive"),
        _property("bsi:component:structured", "structured"),
    ]
    return _filled(
        {
            "type": "container",
            "bom-ref": f"image:{analysis.image}",
            "name": image.name(analysis, request),
            "version": analysis.image,
            "hashes": _hashes(of_digest(image.digest(analysis))),
            "purl": image.image_purl(analysis, request),
            "properties": [one for one in properties if one["value"]],
        }
    )


def system_component(analysis: Analysis) -> dict[str, Any]:
    """Return the operating system's component; empty when the image has none."""
    distro = analysis.distro
    if not distro.id:
        return {}
    fields = {"id": distro.id, "prettyName": distro.pretty_name, "versionID": distro.version_id}
    return _filled(
        {
            "type": "operating-system",
            "bom-ref": f"os:{distro.id}@{distro.version_id}",
            "name": distro.id,
            "version": distro.version_id,
            "description": distro.pretty_name,
            "cpe": system_cpe(distro),
            "swid": _filled({"tagId": distro.id, "name": distro.name or distro.id, "version": distro.version_id}),
            "properties": [_property(f"syft:distro:{name}", value) for name, value in fields.items() if value],
        }
    )


def component(
    package: Package, layers: Sequence[str], executables: frozenset[str], owners: Iterable[str], version: str
) -> dict[str, Any]:
    """Return the component of a package. `owners` are the references of packages whose files it is made of."""
    group, name = _named(package)
    file = artifact(package, executables)
    whole = links(package)
    by = supplier(package)
    fields = {
        "type": _TYPES.get(package.type, "library"),
        "bom-ref": package.id,
        "supplier": _supplier(by) if by else None,
        **_authors(authors(package), version),
        "group": group,
        "name": name,
        "version": package.version,
        "description": _text(package.metadata.get("description")),
        "scope": _SCOPES.get(package.scope),
        "hashes": _hashes([*file.hashes, *(() if whole.distribution else whole.hashes)]),
        "licenses": licenses(package, version),
        "cpe": package_cpe(package),
        "purl": package.purl,
        "externalReferences": [
            _filled({"type": kind, "url": url, "hashes": _hashes(hashes)})
            for kind, url, hashes in (
                ("website", whole.website, ()),
                ("distribution", whole.distribution, whole.hashes),
                ("vcs", whole.source, ()),
            )
            if url
        ],
        "evidence": _filled({"occurrences": _occurrences(package, layers, version)}),
        "properties": [*_properties(package, layers, owners), *_bsi(file)],
    }
    return _filled(fields)


def _named(package: Package) -> tuple[str, str]:
    """Split a name where the ecosystem itself has two parts: npm's scopes, Composer's vendors, Maven's groups."""
    if package.type in ("npm", "php-composer") and "/" in package.name:
        group, _, name = package.name.partition("/")
        return (group, name) if group and name else ("", package.name)
    if package.type in ("java-archive", "jenkins-plugin"):
        return package.namespace, package.name
    return "", package.name


def _supplier(entity: Entity) -> dict[str, Any]:
    contact = _filled({"name": "" if entity.organization else entity.name, "email": entity.email})
    return _filled({"name": entity.name or entity.email, "contact": [contact] if entity.email else []})


def _authors(entities: list[Entity], version: str) -> dict[str, Any]:
    if version == "1.5":
        return {"author": label(entities)}
    return {"authors": [_filled({"name": one.name, "email": one.email}) for one in entities]}


def _occurrences(package: Package, layers: Sequence[str], version: str) -> list[dict[str, str]]:
    rows = []
    for place in package.locations:
        row = {"location": place.path}
        if version != "1.5":
            row["additionalContext"] = f"{place.evidence} evidence in layer {place.layer}, {layers[place.layer]}"
        rows.append(row)
    return rows


def _properties(package: Package, layers: Sequence[str], owners: Iterable[str]) -> list[dict[str, str]]:
    pairs = [
        ("syft:package:foundBy", f"{package.cataloger}-cataloger"),
        ("syft:package:language", package.language),
        ("syft:package:type", package.type),
        ("syft:package:metadataType", package.metadata_type),
        ("cargohold:scope", package.scope.value),
        ("cargohold:architecture", package.architecture),
        ("cargohold:source", "@".join(part for part in (package.source_name, package.source_version) if part)),
        ("cargohold:created-by", package.created_by),
    ]
    if package.origin_layer is not None:
        pairs.append(("cargohold:origin-layer", layers[package.origin_layer]))
    pairs += [("cargohold:owned-by", owner) for owner in owners]
    for number, place in enumerate(package.locations):
        pairs.append((f"syft:location:{number}:layerID", layers[place.layer]))
        pairs.append((f"syft:location:{number}:path", place.path))
    return [_property(name, value) for name, value in pairs if value]


def _bsi(file: Artifact) -> list[dict[str, str]]:
    words = {
        "executable": (file.executable, "executable", "non-executable"),
        "archive": (file.archive, "archive", "no archive"),
        "structured": (file.structured, "structured", "unstructured"),
    }
    rows = [_property("bsi:component:filename", file.filename)] if file.filename else []
    rows += [
        _property(f"bsi:component:{name}", yes if known else no)
        for name, (known, yes, no) in words.items()
        if known is not None
    ]
    return rows


def _hashes(hashes: Iterable[Hash]) -> list[dict[str, str]]:
    return [{"alg": _ALGORITHMS[one.algorithm], "content": one.value} for one in dict.fromkeys(hashes)]


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
