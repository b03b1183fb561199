"""What is read of an HTTP API's event (payload format 2.0) beside its parameters."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from cargohold.errors import InvalidRequest
from cargohold.uploads import PART

JSON = "application/json"
BYTES = "application/octet-stream"
MAX_BODY = 64 << 10  # bytes; a rule with a hundred exclusions has half of that

_UPLOAD = re.compile(r"/v1/imports/[^/]+/parts/[^/]+")


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers, names in lower case."""
    return {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}


def request_id(event: Mapping[str, Any]) -> str:
    """Return the id that API Gateway gave the request."""
    return str((event.get("requestContext") or {}).get("requestId", ""))


def caller(event: Mapping[str, Any]) -> str:
    """Return who asks: the ARN that IAM knows, or "api"."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    return str((authorizer.get("iam") or {}).get("userArn") or "api")


def checked(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with its body as text, which that of an upload is in Base64. Raises `InvalidRequest`."""
    body = event.get("body") or ""
    upload = _UPLOAD.fullmatch(str(event.get("rawPath", ""))) is not None
    most, expected = (PART, BYTES) if upload else (MAX_BODY, JSON)
    if len(body) > most * 4 // 3 + 4:
        raise InvalidRequest(reason=f"the body is larger than {most} bytes")
    # Forms and uploads too are parsed by powertools when it is let to.
    kind = headers_of(event).get("content-type", expected).partition(";")[0].strip().lower()
    if body and kind != expected:
        raise InvalidRequest(reason=f"a body is {expected} here")
    if event.get("isBase64Encoded"):
        try:
            content = base64.b64decode(body, validate=True)
            body = body if upload else content.decode()
        except (binascii.Error, ValueError):
            raise InvalidRequest(reason="the body is not UTF-8") from None
    elif upload:
        body = base64.b64encode(body.encode()).decode()
    # Clients may escape the colon of a digest. All else in a path that is escaped is in none of ours.
    path = str(event.get("rawPath", "")).replace("%3A", ":").replace("%3a", ":")
    return dict(event) | {"rawPath": path, "body": body, "isBase64Encoded": False}
