"""Lambda entry of persist: the messages of its queue, raw ECR events among them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from cargohold.messaging.receive import handle_batch
from cargohold.settings import PersistSettings, load
from cargohold.telemetry import logger, metrics, traced
from persist.dependencies import open_dependencies
from persist.messages import Dependencies, Parsed, handle_message, parse


@cache
def dependencies() -> Dependencies:
    """Return what every invocation of this environment shares."""
    return open_dependencies(load(PersistSettings))


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 -- Lambda passes it
    """Handle a batch of SQS messages, or one message sent directly (`sam local invoke`).

    Returns `{"batchItemFailures": [...]}` with the messages to try again.
    """
    metrics.add_metric(name="PersistMessages", unit="Count", value=len(event.get("Records", [event])))
    if "Records" not in event:
        _carry_out(parse(event))
        return {"batchItemFailures": []}

    def one(record: Mapping[str, Any]) -> None:
        _carry_out(parse(record["body"]))

    return handle_batch(event["Records"], one, queue="persist", messenger=lambda: dependencies().messenger)


def _carry_out(message: Parsed | None) -> None:
    if message is not None:
        logger.append_keys(correlation_id=message.correlation_id)
        handle_message(message, dependencies())
