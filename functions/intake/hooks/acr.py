"""Webhooks of Azure Container Registry, and its events by way of Event Grid.

Source: Azure's manual, "Azure Container Registry webhook reference" and "Azure Container Registry as an Event
Grid source". A webhook sends one event of distribution without an envelope; Event Grid sends a list of
events, in its own schema or that of CloudEvents, each with the same event as `data`. Both send the custom
headers that they are given. Before Event Grid sends anything it asks for a code back ("Endpoint validation
with Event Grid event schema") or, in the schema of CloudEvents, whether it may (CloudEvents' "HTTP 1.1 Web Hooks
for Event Delivery", 4: abuse protection).
"""

import re
from collections.abc import Mapping
from typing import Any

from cargohold.registry.document import Hook
from intake.hooks import distribution
from intake.hooks.comparison import header, is_authorized
from intake.hooks.notices import Notice, collapsed, load

_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_CODE_LENGTH = 512
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")


def verify(headers: Mapping[str, str], body: bytes, hook: Hook) -> bool:  # noqa: ARG001 -- other kinds sign the body
    """Tell whether the `Authorization` header, a custom one, is the configured one, in constant time."""
    return is_authorized(headers, hook.secret_value)


def handshake(headers: Mapping[str, str], body: bytes) -> dict[str, str] | None:
    """Return the answer to Event Grid's validation; None when the request is not one.

    It is answered to whoever knows the token in the path: the subscription's headers may not be sent with it.
    Raises `InvalidMessage` when the body is no JSON.
    """
    if header(headers, "aeg-event-type") != "SubscriptionValidation":
        return None
    for event in _events(load(body)):
        data = event.get("data")
        code = data.get("validationCode") if isinstance(data, dict) else None
        if event.get("eventType") == _VALIDATION and isinstance(code, str) and len(code) <= _CODE_LENGTH:
            return {"validationResponse": code}
    return None


def permission(headers: Mapping[str, str]) -> dict[str, str] | None:
    """Return the headers that let a sender send as often as it likes; None when nobody asks for that.

    Nothing is called back (`WebHook-Request-Callback`): the answer is given at once.
    """
    origin = header(headers, "webhook-request-origin")
    if not _HOST.fullmatch(origin):
        return None
    return {"webhook-allowed-origin": origin, "webhook-allowed-rate": "*", "allow": "POST"}


def parse(body: bytes, registry: str) -> list[Notice]:
    """Return the pushes and deletions of a notification. Raises `InvalidMessage` when it is no JSON."""
    events = [event.get("data") if "data" in event else event for event in _events(load(body))]
    return collapsed(distribution.notice(event, registry) for event in events)


def _events(raw: Any) -> list[dict[str, Any]]:
    return [event for event in (raw if isinstance(raw, list) else [raw]) if isinstance(event, dict)]
