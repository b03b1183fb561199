"""What to do with a notification: is it believed, what does it say, who is told."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from cargohold.contracts import AnalyzeRequest
from cargohold.errors import InvalidMessage, StoreUnavailable
from cargohold.messaging.bus import Messenger
from cargohold.registry.document import Registries
from cargohold.telemetry import logger
from intake.hooks import KINDS
from intake.hooks.comparison import same

MAX_BODY = 1 << 20  # bytes; an envelope holds a few events of a kilobyte or two

ACCEPTED, UNAUTHORIZED, TOO_LARGE, UNAVAILABLE = 202, 401, 413, 503


def receive(event: Mapping[str, Any], registries: Registries, messenger: Messenger) -> int:
    """Handle an HTTP API event (payload format 2.0) of `POST /hooks/{registry}/{token}`; return the status.

    401 for an unknown registry, a wrong token and a wrong secret alike, so that none of them can be told
    apart. 202 for whatever a believed sender sends, wanted or not: registries keep what is refused and
    send it again for ever. 503 when the queue does not take a message, and the registry sends it again.
    """
    body = _body(event)
    if body is None:
        return TOO_LARGE
    name, token = _path(event)
    registry = registries.named(name)
    hook = registry.hook if registry else None
    expected = hook.token.get_secret_value() if hook else ""
    # Compared for an unknown registry too: its absence takes as long as a wrong token.
    known = same(token, expected)
    if registry is None or hook is None or not known:
        return UNAUTHORIZED
    kind = KINDS[hook.kind]
    secret = hook.authorization.get_secret_value() if hook.authorization else None
    if not kind.verify(event.get("headers") or {}, body, secret):
        return UNAUTHORIZED
    try:
        notices = kind.parse(body, registry.host)
    except InvalidMessage as error:
        logger.warning("a notification cannot be read", extra={"registry": registry.name, "reason": error.message})
        return ACCEPTED
    wanted = [notice for notice in notices if registry.accepts(notice.reference.repository)]
    try:
        for notice in wanted:
            messenger.send("analyze" if isinstance(notice, AnalyzeRequest) else "persist", notice)
    except StoreUnavailable as error:
        logger.warning("a notification was not taken", extra={"registry": registry.name, "reason": error.message})
        return UNAVAILABLE
    logger.info("notification", extra={"registry": registry.name, "notices": len(notices), "sent": len(wanted)})
    return ACCEPTED


def _path(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return the registry's name and the token; "" for what is missing."""
    parameters = event.get("pathParameters")
    if parameters:
        return parameters.get("registry", ""), parameters.get("token", "")
    # `cargohold serve` and routes with a greedy path have the raw path only.
    parts = str(event.get("rawPath", "")).rstrip("/").split("/")
    return (unquote(parts[-2]), unquote(parts[-1])) if parts[-3:-2] == ["hooks"] else ("", "")


def _body(event: Mapping[str, Any]) -> bytes | None:
    """Return the body, or None when it is too large. What is not base64 is left to be no JSON."""
    text = event.get("body") or ""
    if len(text) > MAX_BODY * 4 // 3 + 4:
        return None
    if not event.get("isBase64Encoded"):
        content: bytes = text.encode(errors="surrogatepass")
    else:
        try:
            content = base64.b64decode(text)
        except (binascii.Error, ValueError):
            content = b""
    return content if len(content) <= MAX_BODY else None
