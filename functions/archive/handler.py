"""Lambda entry of archive: its queue, and one message sent directly (`sam local invoke`)."""

from functools import cache
from typing import Any

from archive.dependencies import open_services
from archive.messages import handle_message, parse
from archive.steps.run import Services
from cargohold.errors import CargoholdError
from cargohold.settings import ArchiveSettings, load
from cargohold.telemetry import logger, metrics, tracer


@cache
def services() -> Services:
    """Return what every invocation of this environment shares."""
    return open_services(load(ArchiveSettings))


@metrics.log_metrics(raise_on_empty_metrics=False)
@tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 -- Lambda passes it
    """Handle a batch of SQS messages, or one message sent directly.

    A batch gives `{"batchItemFailures": [...]}` with the messages to try again; a message sent
    directly gives what it did, or raises its error.
    """
    metrics.add_metric(name="ArchiveMessages", unit="Count", value=len(event.get("Records", [event])))
    if "Records" not in event:
        return handle_message(parse(event), services())
    failures = []
    for record in event["Records"]:
        try:
            message = parse(record["body"])
            logger.append_keys(correlation_id=message.correlation_id)
            handle_message(message, services())
        except CargoholdError as error:
            logger.warning("message failed", extra={"code": error.code, "permanent": error.permanent})
            metrics.add_metric(name="ArchiveFailures", unit="Count", value=1)
            if not error.permanent:
                failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
