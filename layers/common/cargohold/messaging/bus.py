"""The port through which functions send messages and publish events."""

from typing import Literal, Protocol

from pydantic import BaseModel

Queue = Literal["analyze", "persist", "archive"]


class Messenger(Protocol):
    """Sends to the three queues and to the bus. At least once; no order is kept.

    Both methods return when the message is durable and raise `StoreUnavailable` when it is not.
    """

    def send(self, queue: Queue, message: BaseModel, *, delay_seconds: int = 0) -> None:
        """Put `message` into `queue`, visible after `delay_seconds` (0 to 900)."""

    def publish(self, event: BaseModel) -> None:
        """Put an event for users on the bus."""
