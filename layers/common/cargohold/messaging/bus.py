"""The port through which functions send messages and publish events."""

import random
from typing import Literal, Protocol

from pydantic import BaseModel

Queue = Literal["analyze", "persist", "archive", "reconcile"]


class Messenger(Protocol):
    """Sends to the queues and to the bus. At least once; no order is kept.

    `send` and `publish` return when the message is durable. All raise `StoreUnavailable` when they could not.
    """

    def send(self, queue: Queue, message: BaseModel, *, delay_seconds: int = 0) -> None:
        """Put `message` into `queue`, visible after `delay_seconds` (0 to 900)."""

    def postpone(self, queue: Queue, receipt: str, *, receives: int) -> None:
        """Have a message that was received come again after a back-off, instead of when its visibility ends.

        `receipt` is the `receiptHandle` of its record and `receives` its `ApproximateReceiveCount`.
        """

    def publish(self, event: BaseModel) -> None:
        """Put an event for users on the bus."""


def back_off(receives: int, *, first: float, longest: float) -> int:
    """Return the seconds until a message should come again: doubling with every receive, with jitter."""
    # From half of it, so that messages that failed together do not come back together.
    return int(min(longest, first * 2 ** min(receives - 1, 30)) * random.uniform(0.5, 1))  # noqa: S311 -- jitter
