"""What says whether an SBOM is one: the formats' own libraries and schemas."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jsonschema import Draft202012Validator
from spdx_python_model import load_data
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.parser.tagvalue.lexer import SPDXLexer
from spdx_tools.spdx.parser.tagvalue.parser import Parser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

_SCHEMAS = Path(__file__).parents[1] / "unit" / "api" / "formats" / "data"


def cyclonedx(content: bytes, version: str = "1.6") -> dict[str, Any]:
    """Return the document; it is valid, no reference is given twice, and all that are referred to are there."""
    error = _cyclonedx(version).validate_str(content.decode())
    assert error is None, error
    document: dict[str, Any] = json.loads(content)
    components = [document["metadata"]["component"], *document["components"]]
    references = [component["bom-ref"] for component in components]
    assert len(set(references)) == len(references)
    assert [row["ref"] for row in document["dependencies"]] == references
    for row in document["dependencies"]:
        assert row["ref"] not in row.get("dependsOn", ())
        assert set(row.get("dependsOn", ())) <= set(references)
    return document


@cache
def _cyclonedx(version: str) -> JsonStrictValidator:
    return JsonStrictValidator(SchemaVersion.from_version(version))


def spdx(content: bytes) -> dict[str, Any]:
    """Return an SPDX 2.3 document in JSON that spdx-tools finds nothing wrong with."""
    document: dict[str, Any] = json.loads(content)
    assert _messages(JsonLikeDictParser().parse(document)) == []
    return document


def spdx_tag_value(content: bytes) -> Any:
    """Return what spdx-tools reads from SPDX 2.3 as text, and finds nothing wrong with."""
    document = Parser().parse(content.decode())
    assert _messages(document) == []
    return document


def takes_for_keywords(content: bytes) -> bool:
    """Tell whether spdx-tools takes a name or a version in SPDX as text for something else than the line that it is.

    Its lexer does not look at the tag: `PackageName: Created` or `PackageVersion: NONE`, which are right (SPDX 2.3,
    7.1 and 7.3: a single line of text), are two keywords to it, and no more a package.
    """
    lexer = SPDXLexer()
    lexer.build()
    for line in content.decode().splitlines():
        if line.startswith(("PackageName: ", "PackageVersion: ")):
            lexer.input(line + "\n")
            lexer.token()
            value = lexer.token()
            if value is None or value.type != "LINE":
                return True
    return False


def _messages(document: Any) -> list[str]:
    return [message.validation_message for message in validate_full_spdx_document(document, "SPDX-2.3")]


def spdx3(content: bytes) -> dict[str, Any]:
    """Return the elements of an SPDX 3 document by id; each is valid, and all that they refer to are there."""
    document = json.loads(content)
    model, objects = load_data(document)
    model.JSONLDSerializer().serialize_data(objects)  # this checks how often a property may and must be there
    assert objects.missing_ids <= {"https://spdx.org/licenses/CC0-1.0"}
    elements: dict[str, Any] = {one["spdxId"]: one for one in document["@graph"] if "spdxId" in one}
    assert len(elements) == len(document["@graph"]) - 1  # all but the creation info
    return elements


def syft(content: bytes) -> dict[str, Any]:
    """Return a document that Syft's schema allows, the metadata of each artifact by its own type."""
    document: dict[str, Any] = json.loads(content)
    _syft("Document").validate(document)
    known = json.loads((_SCHEMAS / "syft-16.0.18.schema.json").read_text())["$defs"]
    for artifact in document["artifacts"]:
        name = "".join(word.capitalize() for word in artifact.get("metadataType", "").split("-"))
        if name in known:
            _syft(name).validate(artifact["metadata"])
    places = [(row["location"]["path"], row["location"]["layerID"]) for row in document["files"]]
    assert len(set(places)) == len(places)
    files = {row["id"] for row in document["files"]}
    evident = {row["child"] for row in document["artifactRelationships"] if row["type"] == "evident-by"}
    assert evident <= files
    return document


@cache
def _syft(definition: str) -> Draft202012Validator:
    schema = json.loads((_SCHEMAS / "syft-16.0.18.schema.json").read_text())
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{definition}"})
