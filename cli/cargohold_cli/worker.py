"""Takes messages from the local queues and calls the handlers with the events that Lambda would get."""

import importlib
import time
from dataclasses import dataclass, field
from typing import Any

from cargohold.messaging.bus import Queue
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.telemetry import metrics

# Results first: they are what others wait for.
QUEUES: dict[Queue, str] = {
    "persist": "persist.handler",
    "archive": "archive.handler",
    "analyze": "analyze.handler",
    "reconcile": "intake.reconcile.handler",
}
FUNCTION_TIMEOUT = 900  # seconds, as in template.yaml
VISIBILITY = FUNCTION_TIMEOUT + 60


@dataclass(slots=True)
class Context:
    """What handlers use of Lambda's context object."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 3008
    invoked_function_arn: str = "arn:aws:lambda:local:000000000000:function:local"
    _deadline: float = field(default_factory=lambda: time.monotonic() + FUNCTION_TIMEOUT)

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left, in milliseconds."""
        return max(0, int(1000 * (self._deadline - time.monotonic())))


def sqs_event(queue: Queue, message: Any) -> dict[str, Any]:
    """Return a message of a local queue as the event that SQS would send to Lambda."""
    return {
        "Records": [
            {
                "messageId": str(message.id),
                "receiptHandle": str(message.id),
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.receives)},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:local:000000000000:{queue}",
                "awsRegion": "local",
            }
        ]
    }


def work(messenger: InProcessMessenger) -> bool:
    """Handle one message, if one is waiting; tell whether one was."""
    for queue, module in QUEUES.items():
        message = messenger.receive(queue, visibility_seconds=VISIBILITY)
        if message is None:
            continue
        handler = importlib.import_module(module)
        answer = handler.handle(sqs_event(queue, message), Context(queue, f"local-{message.id}-{message.receives}"))
        metrics.clear_metrics()  # off, they pile up all the same, and are printed when there are a hundred
        if answer.get("batchItemFailures"):
            messenger.retry(message)
        else:
            messenger.delete(message)
        return True
    return False


def drain(messenger: InProcessMessenger) -> int:
    """Handle messages until none is waiting; return how many there were."""
    handled = 0
    while work(messenger):
        handled += 1
    return handled
