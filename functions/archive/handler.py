"""Lambda entry of archive: its queue, and one message sent directly (`sam local invoke`)."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from archive.dependencies import open_services
from archive.messages import handle_message, parse
from archive.steps.run import Services
from cargohold.messaging.receive import handle_batch
from cargohold.settings import ArchiveSettings, load
from cargohold.telemetry import logger, metrics, traced

_HEADROOM = 180_000  # milliseconds kept of an invocation for the bundle that is being read


@cache
def services() -> Services:
    """Return what every invocation of this environment shares."""
    return open_services(load(ArchiveSettings))


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of SQS messages, or one message sent directly.

    A batch gives `{"batchItemFailures": [...]}` with the messages to try again; a message sent
    directly gives what it did, or raises its error.
    """
    metrics.add_metric(name="ArchiveMessages", unit="Count", value=len(event.get("Records", [event])))

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < _HEADROOM)

    def carry_out(body: str | dict[str, Any]) -> dict[str, Any]:
        message = parse(body)
        logger.append_keys(correlation_id=message.correlation_id)
        return handle_message(message, services(), enough=enough)

    if "Records" not in event:
        return carry_out(event)

    def one(record: Mapping[str, Any]) -> None:
        carry_out(record["body"])

    return handle_batch(event["Records"], one, queue="archive", messenger=lambda: services().messenger)
