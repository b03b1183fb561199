"""Lambda entry of intake: `/hooks/{registry}/{token}` of an HTTP API, payload format 2.0."""

from functools import cache
from typing import Any

import orjson

from cargohold.messaging.bus import Messenger
from cargohold.messaging.open import open_messenger
from cargohold.registry.configuration import Source
from cargohold.settings import IntakeSettings, load
from cargohold.telemetry import logger, metrics, traced
from intake.receive import ACCEPTED, OK, receive


@cache
def dependencies() -> tuple[Source, Messenger]:
    """Return what every invocation of this environment shares."""
    settings = load(IntakeSettings)
    return Source(settings.registries), open_messenger(settings)


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 -- Lambda passes it
    """Answer one notification; `intake.receive.receive` says with which status.

    The event holds the hook's token, so it is never logged.
    """
    logger.set_correlation_id((event.get("requestContext") or {}).get("requestId"))
    source, messenger = dependencies()
    answer = receive(event, source.current(), messenger)
    accepted = answer.status in (OK, ACCEPTED)
    metrics.add_metric(name="HooksAccepted" if accepted else "HooksRefused", unit="Count", value=1)
    if answer.content is None:
        return {"statusCode": answer.status} | ({"headers": answer.headers} if answer.headers else {})
    body = orjson.dumps(answer.content).decode()
    headers = answer.headers | {"content-type": "application/json"}
    return {"statusCode": answer.status, "headers": headers, "body": body}
