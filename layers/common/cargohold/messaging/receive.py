"""Messages as they arrive: a body turned into a message, and a batch of records handled one by one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from cargohold.errors import CargoholdError, InvalidMessage
from cargohold.messaging.bus import Messenger, Queue
from cargohold.telemetry import logger, metrics

T = TypeVar("T")


def decode(body: str | dict[str, Any], read: Callable[[Any], T]) -> T:
    """Return what `read` makes of the JSON value in a body; a dictionary is one already.

    Raises `InvalidMessage` for what is no JSON, and with the first of the reasons when `read` raises
    pydantic's `ValidationError`.
    """
    try:
        return read(orjson.loads(body) if isinstance(body, str) else body)
    except orjson.JSONDecodeError as error:
        raise InvalidMessage(reason=f"not JSON: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidMessage(reason=f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def handle_batch(
    records: Iterable[Mapping[str, Any]],
    handle: Callable[[Mapping[str, Any]], None],
    *,
    queue: Queue,
    messenger: Callable[[], Messenger],
) -> dict[str, Any]:
    """Handle SQS records one by one and return `{"batchItemFailures": [...]}` with those to try again.

    A permanent error consumes its message. A transient one postpones it by a back-off: left alone it
    would come again only when the visibility time-out ends, which is longer than the longest attempt.
    """
    failures = []
    for record in records:
        try:
            handle(record)
        except CargoholdError as error:
            metrics.add_metric(name=f"{queue.title()}Failures", unit="Count", value=1)
            logger.warning("message failed", extra={"code": error.code, "permanent": error.permanent})
            if not error.permanent:
                _postpone(record, queue, messenger)
                failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def _postpone(record: Mapping[str, Any], queue: Queue, messenger: Callable[[], Messenger]) -> None:
    receipt = record.get("receiptHandle")
    if not receipt:
        return
    try:
        receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        messenger().postpone(queue, receipt, receives=receives)
    except CargoholdError as error:
        logger.warning("message not postponed", extra={"code": error.code})
