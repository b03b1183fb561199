"""What to do with a notification: is it believed, what does it say, who is told."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from cargohold.contracts import AnalyzeRequest
from cargohold.errors import InvalidMessage, StoreUnavailable
from cargohold.messaging.bus import Messenger
from cargohold.registry.document import Registries
from cargohold.telemetry import logger
from intake.hooks import HANDSHAKES, KINDS, PERMISSIONS
from intake.hooks.comparison import same

MAX_BODY = 1 << 20  # bytes; an envelope holds a few events of a kilobyte or two
MAX_NOTICES = 500  # of one notification: sending takes milliseconds each, and the sender does not wait for ever

OK, ACCEPTED, UNAUTHORIZED, NOT_ALLOWED, TOO_LARGE, UNAVAILABLE = 200, 202, 401, 405, 413, 503


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told. `content`, for a sender that asked something, becomes JSON."""

    status: int
    content: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def receive(event: Mapping[str, Any], registries: Registries, messenger: Messenger) -> Answer:
    """Handle an HTTP API event (payload format 2.0) of `/hooks/{registry}/{token}`: POST, and OPTIONS before it.

    401 for an unknown registry, a wrong token and a wrong secret alike, so that none of them can be told
    apart. 202 for whatever a believed sender sends, wanted or not: registries keep what is refused and
    send it again for ever. 503 when the queue does not take a message, and the registry sends it again.
    405 for an OPTIONS that asks nothing that the registry's kind asks.
    """
    body = _body(event)
    if body is None:
        return Answer(TOO_LARGE)
    name, token = _path(event)
    registry = registries.named(name)
    hook = registry.hook if registry else None
    expected = hook.token.get_secret_value() if hook else ""
    # Compared for an unknown registry too: its absence takes as long as a wrong token.
    known = same(token, expected)
    if registry is None or hook is None or not known:
        return Answer(UNAUTHORIZED)
    headers = event.get("headers") or {}
    if _method(event) == "OPTIONS":
        permitted = PERMISSIONS[hook.kind](headers) if hook.kind in PERMISSIONS else None
        return Answer(OK, headers=permitted) if permitted else Answer(NOT_ALLOWED, headers={"allow": "POST"})
    try:
        question = HANDSHAKES.get(hook.kind)
        if question and (answer := question(headers, body)) is not None:
            return Answer(OK, answer)
        kind = KINDS[hook.kind]
        if not kind.verify(headers, body, hook):
            return Answer(UNAUTHORIZED)
        notices = kind.parse(body, registry.host)
    except InvalidMessage as error:
        logger.warning("a notification cannot be read", extra={"registry": registry.name, "reason": error.message})
        return Answer(ACCEPTED)
    wanted = [notice for notice in notices if registry.accepts(notice.reference.repository)]
    try:
        for notice in (each.model_copy(update=_correlation(event)) for each in wanted[:MAX_NOTICES]):
            messenger.send("analyze" if isinstance(notice, AnalyzeRequest) else "persist", notice)
    except StoreUnavailable as error:
        logger.warning("a notification was not taken", extra={"registry": registry.name, "reason": error.message})
        return Answer(UNAVAILABLE)
    left = max(0, len(wanted) - MAX_NOTICES)  # found by reconcile
    logger.info("notification", extra={"registry": registry.name, "notices": len(notices), "wanted": len(wanted)})
    if left:
        logger.warning("a notification holds too much", extra={"registry": registry.name, "left": left})
    return Answer(ACCEPTED)


def _correlation(event: Mapping[str, Any]) -> dict[str, str]:
    """Return what ties all that a notification leads to together: the id of its request, also in the access log."""
    identifier = (event.get("requestContext") or {}).get("requestId")
    return {"correlation_id": str(identifier)} if identifier else {}


def _method(event: Mapping[str, Any]) -> str:
    return str(((event.get("requestContext") or {}).get("http") or {}).get("method", "POST"))


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
