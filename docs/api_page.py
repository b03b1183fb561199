"""Makes `docs/api.md` of the API's own description."""

from collections.abc import Iterator
from typing import Any

PREFACE = """\
# The API

Made from `docs/openapi.json`, which is made from the code, and which `GET /v1/openapi.json` answers too.

{description}

## Who may ask

In AWS the API is an HTTP API with IAM authorisation: requests are signed (SigV4, service `execute-api`), and a policy
says who may do what by method and path, `arn:aws:execute-api:REGION:ACCOUNT:API/*/GET/v1/images/*` for one. The
function itself reads rows with the role `cargohold_api`, which may change archive rules and nothing else, reads
documents and bundles, sends messages to the queues of analyze, archive and reconcile, and writes into the archive store
what is uploaded to be imported, under `uploads/` and nowhere else.

`cargohold serve` answers the same on one machine, beside the hooks. It listens on the loopback address; with
`CARGOHOLD_TOKEN` set every request needs `Authorization: Bearer TOKEN`, and only then may `--host` name another
address. Without a token it answers requests for this machine by name alone, and none that a web page sends.

`cargohold --endpoint URL COMMAND` asks either, signed with the credentials that AWS's tools find, or with
`CARGOHOLD_TOKEN`; [commands](cli.md) that cannot say why. `cargohold --endpoint URL watch` follows what it asked for.
By hand:

    curl --aws-sigv4 aws:amz:eu-central-1:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
        -H "x-amz-security-token: $AWS_SESSION_TOKEN" "$API/v1/images?repository=team/app&tag=1.0"

## Sizes

Lambda returns 6 MB at most. Lists are in pages: up to 500 items, of documents up to 5,000 rows, and fewer where they
are large. SBOMs, manifests, configs, kept files, documents and bundles are whole up to 4 MiB; larger ones come
compressed to clients that accept gzip, or in parts with `Range: bytes=0-` (206, and `If-Range` with the `ETag` of the
first part); else the answer is 413. They are made on request and the same every time, so parts of several requests fit
together.

Bundles and documents of more than 4 MiB are had from the store itself where it can give an address, which S3 can, and
Swift with `SWIFT_TEMP_URL_KEY`: the answer is 307, and its `Location` valid for `LINK_SECONDS` (300; at most 900, and
0 gives none). What is there is as it is stored: the bundle, or the document compressed, and then one or two frames of
56 bytes that readers of Zstandard skip ([objects](formats/objects.md)). `curl --location` has it, `tar --zstd` and
`archives import` read it; `Range: bytes=0-(SIZE-1)` with the `bundle_size` of the archived image has the bundle byte
for byte. A request with `Range` is answered by the API and never referred. SBOMs and pages are made on request, so no
store has them.

Such an address is as good as a credential for that one object until it ends: send it no signature or token of the API,
and keep it out of logs. It names the object that was asked for, whose key no request can say, and is only given when
its scheme is https (or its host this machine). The rights behind it are the function's, so that with `SourceIp` or VPC
conditions in a bucket's policy the store may refuse it; `Range` at the API always works, and the command does so by
itself.

## What changes

Writes are answered with 202 when their message is sent. What became of it is in the image's `image_status`, in
`/v1/failures`, in `/v1/archives` (`error`) and in `/v1/rule-runs`. With a `revision` a move is made only if the image
is as it was seen. An analysis has ended when `/v1/references` has its reference with a `pushed_at` of `requested_at` or
later, or `/v1/failures` has an attempt that began since and is `final`. `cargohold --endpoint URL analyze REF -o
FORMAT` waits for it.

A bundle is imported in three steps, because a request to Lambda has 6 MB at most: `POST /v1/imports` gives an id,
`PUT /v1/imports/ID/parts/1` and so on take parts of 4 MiB, in any order and as often as it takes, and
`POST /v1/imports/ID` with their number, size and SHA-256 asks archive to put them together. It verifies the bundle
before anything counts, deletes the parts, and says in `GET /v1/imports/ID` what became of it. The same bundle twice
counts once. Parts are taken for a day; what was abandoned is swept after three, by the next import or audit.
`cargohold --endpoint URL archives import FILE` does it.
"""


def page(description: dict[str, Any]) -> str:
    """Return the page."""
    return "\n".join(_lines(description)) + "\n"


def _lines(description: dict[str, Any]) -> Iterator[str]:
    yield PREFACE.format(description=description["info"]["description"]).rstrip()
    for tag in description["tags"]:
        yield from ("", f"## {tag['name'].capitalize()}", "", f"{tag['description']}.")
        for path, operations in description["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(method, path, operation)


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield from ("", f"### `{method.upper()} {path}`", "")
    more = f" {operation['description']}" if "description" in operation else ""
    yield f"{operation['summary']}.{more}"
    sent = [
        _named(content.get("schema", {})) or media_type
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
    ]
    answered = [
        _named(content.get("schema", {})) or media_type
        for status, response in operation["responses"].items()
        if status in ("200", "201", "202")
        for media_type, content in response.get("content", {}).items()
    ]
    yield from (
        "",
        f"Answer: {', '.join(f'`{name}`' for name in answered)}." + "".join(f" Body: `{name}`." for name in sent),
    )
    parameters = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    if parameters:
        yield from ("", "| parameter | | |", "|---|---|---|")
        for one in parameters:
            yield f"| `{one['name']}` | {_kind(one)} | {one.get('description', '')} |"


def _kind(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    kind = ", ".join(f"`{value}`" for value in values) or schema.get("type") or _named(schema)
    return f"{kind}, needed" if parameter.get("required") else kind


def _named(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]
