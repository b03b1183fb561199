"""OpenAPI 3.1 of the API, made from the routes: what powertools generates, with our problems as errors.

`docs/openapi.json` is this, and a test compares the two.
"""

import re
from typing import Any

import orjson

from api.links import REDIRECT
from api.problems import MEDIA_TYPE, Problem
from api.requests import BYTES
from cargohold import __version__

DESCRIPTION = """Everything that Cargohold knows of images: what is in them, what names them, what is archived.

Reads are answered from the database and the documents of analyses; writes are messages to the function whose
affair it is, and answered with 202. In AWS a request is signed with IAM credentials (SigV4, service `execute-api`);
`cargohold serve` wants a bearer token instead, if one is set.

Lists come in pages: `next` of one is `after` of the following, null on the last. Answers have an `ETag`, and
`If-None-Match` gets 304. Errors are problem details (RFC 9457) with a `code` of docs/errors.md."""

TAGS = {
    "images": "Images, their layers and packages, and asking for analyses",
    "content": "What is in an image, by type",
    "sbom": "SBOMs in any format",
    "references": "Tags, and what could not be analyzed",
    "packages": "Packages across the fleet",
    "secrets": "Where secrets stand",
    "archives": "The archive, and moving analyses into and out of it",
    "rules": "Archive rules",
    "status": "The system",
}


def document() -> dict[str, Any]:
    """Return the description of all routes."""
    from api.application import application

    generated = application().get_openapi_json_schema(
        title="Cargohold", version=__version__, description=DESCRIPTION, openapi_version="3.1.0"
    )
    # What powertools names after the brackets of a generic class, by what is in the brackets.
    found: dict[str, Any] = orjson.loads(re.sub(r"Listing_(\w+?)_\b", r"\1Page", generated))
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    schemas |= _problem_schemas()
    for path in found["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _without_null(parameter["schema"])
            _with_problems(operation)
    # Powertools describes bodies of JSON and forms.
    part = found["paths"]["/v1/imports/{import_id}/parts/{number}"]["put"]
    part["requestBody"] = {"required": True, "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}}
    for path in found["paths"].values():
        for operation in path.values():
            if referred := operation["responses"].get(str(REDIRECT)):
                referred["headers"] = {"Location": {"schema": {"type": "string", "format": "uri"}}}
                referred.pop("content", None)
    for unused in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(unused, None)
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found["components"]["responses"] = {
        name: {"description": text, "content": content} for name, text in _PROBLEMS.items()
    } | {"304": {"description": "Not modified: the client has it already"}}
    found["components"]["securitySchemes"] = {
        "iam": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "AWS Signature Version 4 of the service execute-api",
        },
        "token": {"type": "http", "scheme": "bearer", "description": "TOKEN of `cargohold serve`"},
    }
    found["security"] = [{"iam": []}, {"token": []}]
    found["servers"] = [{"url": "/"}]
    found["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    found["paths"] = dict(sorted(found["paths"].items()))
    return found


def text() -> str:
    """Return the description as JSON."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter, which is left out rather than null."""
    given = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    alone = {name: value for name, value in schema.items() if name not in ("anyOf", "title", "description")}
    return given[0] | alone if len(given) == 1 else alone | ({"anyOf": given} if given else {})


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    return {"Problem": schema, **schema.pop("$defs")}


def _with_problems(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for generated in ("422", "500"):
        responses.pop(generated, None)
    names = [*_PROBLEMS, *(["304"] if "200" in responses else [])]
    for name in names:
        responses[name] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = dict(sorted(responses.items()))
    operation.pop("deprecated", None)


_PROBLEMS = {
    "400": "The request is not valid",
    "401": "The request has no valid token",
    "404": "What is asked for is not known",
    "405": "The method is not possible there",
    "409": "It is not possible as things stand",
    "413": "The answer is too large",
    "416": "The range is outside of the answer",
    "503": "Not available now; try again after `Retry-After`",
    "default": "Any other problem",
}
