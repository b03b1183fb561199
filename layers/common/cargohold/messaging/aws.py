"""Messages in AWS: SQS queues and an EventBridge bus."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from cargohold.errors import InvalidConfiguration, StoreUnavailable
from cargohold.messaging.bus import Queue, back_off
from cargohold.settings import MessagingSettings

SOURCE = "cargohold"

_ATTEMPTS = 4
_FIRST, _LONGEST = 15, 900  # seconds of back-off


class AwsMessenger:
    """See `Messenger`."""

    def __init__(self, settings: MessagingSettings) -> None:
        self._settings = settings

    def send(self, queue: Queue, message: BaseModel, *, delay_seconds: int = 0) -> None:
        """See `Messenger`."""
        url = self._url(queue)
        with _translated(queue):
            self._sqs.send_message(QueueUrl=url, MessageBody=message.model_dump_json(), DelaySeconds=delay_seconds)

    def postpone(self, queue: Queue, receipt: str, *, receives: int) -> None:
        """See `Messenger`."""
        url = self._url(queue)
        seconds = back_off(receives, first=_FIRST, longest=_LONGEST)
        with _translated(queue):
            self._sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def publish(self, event: BaseModel) -> None:
        """See `Messenger`. The event's class is its `detail-type`, its source `cargohold`."""
        bus = self._settings.event_bus_name
        if not bus:
            raise InvalidConfiguration(setting="EVENT_BUS_NAME", reason="it is needed to publish events")
        entry = {
            "Source": SOURCE,
            "DetailType": type(event).__name__,
            "Detail": event.model_dump_json(),
            "EventBusName": bus,
        }
        reason = ""
        for attempt in range(1, _ATTEMPTS + 1):
            with _translated(bus):
                answer = self._events.put_events(Entries=[entry])
            if not answer["FailedEntryCount"]:
                return
            # The call succeeds also when the entry does not: EventBridge API reference, PutEvents.
            failed = answer["Entries"][0]
            reason = f"{failed.get('ErrorCode', '')}: {failed.get('ErrorMessage', '')}"
            time.sleep(back_off(attempt, first=2, longest=8) / 10)
        raise StoreUnavailable(store=bus, reason=reason)

    def _url(self, queue: Queue) -> str:
        url: str = getattr(self._settings, f"{queue}_queue_url")
        if not url:
            raise InvalidConfiguration(setting=f"{queue.upper()}_QUEUE_URL", reason="it is needed to send messages")
        return url

    @cached_property
    def _sqs(self) -> Any:
        return _client("sqs")

    @cached_property
    def _events(self) -> Any:
        return _client("events")


def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        service, config=Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=20)
    )


@contextmanager
def _translated(store: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(store=store, reason=str(error)) from error
