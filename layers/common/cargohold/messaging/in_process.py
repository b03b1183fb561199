"""Messages on one machine: a table of the database, so that a killed process loses none.

It keeps the promises of SQS that handlers build on: at least once, invisible while somebody works on
a message, a receive count, and dead after too many receives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from cargohold.database.connection import Cursor, Database
from cargohold.errors import DatabaseUnavailable, StoreUnavailable
from cargohold.messaging.bus import Queue, back_off
from cargohold.settings import DatabaseSettings

T = TypeVar("T")

MAX_RECEIVES = 5  # as the queues of template.yaml

_KEPT_EVENTS = "7 days"  # nobody need take them


@dataclass(frozen=True, slots=True)
class Received:
    """A message that is invisible to others until its visibility ends. `body` is JSON."""

    id: int
    queue: Queue
    body: str
    receives: int


class InProcessMessenger:
    """A `Messenger`, and the receiving side as well. Methods raise `StoreUnavailable`."""

    def __init__(self, settings: DatabaseSettings, *, max_receives: int = MAX_RECEIVES) -> None:
        self._database = Database(settings, application_name="cargohold-messages")
        self._max_receives = max_receives

    def send(self, queue: Queue, message: BaseModel, *, delay_seconds: int = 0) -> None:
        """See `Messenger`."""

        def insert(cursor: Cursor) -> None:
            cursor.execute(
                "INSERT INTO message (queue, body, visible_at) VALUES (%s, %s, now() + make_interval(secs => %s))",
                (queue, message.model_dump_json(), delay_seconds),
            )

        self._run(insert)

    def publish(self, event: BaseModel) -> None:
        """See `Messenger`; events are kept for some days in the queue `bus`."""

        def insert(cursor: Cursor) -> None:
            cursor.execute(
                "DELETE FROM message WHERE queue = 'bus' AND sent_at < now() - %s::interval", (_KEPT_EVENTS,)
            )
            cursor.execute("INSERT INTO message (queue, body) VALUES ('bus', %s)", (event.model_dump_json(),))

        self._run(insert)

    def postpone(self, queue: Queue, receipt: str, *, receives: int) -> None:
        """See `Messenger`; the receipt is the message's id. After the last receive the message is dead."""

        def update(cursor: Cursor) -> None:
            # Only as long as nobody else has received it since.
            cursor.execute(
                "UPDATE message SET dead = receives >= %s, visible_at = now() + make_interval(secs => %s)"
                " WHERE id = %s AND queue = %s AND receives = %s",
                (self._max_receives, back_off(receives, first=2, longest=300), int(receipt), queue, receives),
            )

        self._run(update)

    def receive(self, queue: Queue, *, visibility_seconds: int) -> Received | None:
        """Return the message that has waited longest, invisible to others for `visibility_seconds`; None if none is."""

        def take(cursor: Cursor) -> Received | None:
            cursor.execute(
                "UPDATE message SET dead = true"
                " WHERE queue = %s AND NOT dead AND visible_at <= now() AND receives >= %s",
                (queue, self._max_receives),
            )
            cursor.execute(
                "UPDATE message SET receives = receives + 1, visible_at = now() + make_interval(secs => %s)"
                " WHERE id = (SELECT id FROM message WHERE queue = %s AND NOT dead AND visible_at <= now()"
                " ORDER BY visible_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
                " RETURNING id, body::text, receives",
                (visibility_seconds, queue),
            )
            row = cursor.fetchone()
            return None if row is None else Received(row[0], queue, row[1], row[2])

        return self._run(take)

    def delete(self, message: Received) -> None:
        """Remove a message that was handled."""

        def remove(cursor: Cursor) -> None:
            cursor.execute("DELETE FROM message WHERE id = %s", (message.id,))

        self._run(remove)

    def retry(self, message: Received) -> None:
        """Have a message come again after a back-off; after the last receive it is dead."""
        self.postpone(message.queue, str(message.id), receives=message.receives)

    def redrive(self) -> int:
        """Let dead messages be received again, as often as new ones; return how many there were."""

        def revive(cursor: Cursor) -> int:
            cursor.execute("UPDATE message SET dead = false, receives = 0, visible_at = now() WHERE dead")
            return cursor.rowcount

        return self._run(revive)

    def pending(self, correlation_id: str) -> int:
        """Return how many messages of `correlation_id` are waiting or being worked on.

        Events do not count, nor what looks after a transition some minutes later.
        """

        def count(cursor: Cursor) -> int:
            cursor.execute(
                "SELECT count(*) FROM message WHERE queue <> 'bus' AND NOT dead AND body ->> 'correlation_id' = %s"
                " AND NOT (coalesce(body ->> 'kind', '') = 'TransitionRequest'"
                " AND coalesce(body ->> 'hops', '0') <> '0')",
                (correlation_id,),
            )
            number: int = cursor.fetchone()[0]
            return number

        return self._run(count)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _run(self, work: Callable[[Cursor], T]) -> T:
        try:
            return self._database.run(work)
        except DatabaseUnavailable as error:
            raise StoreUnavailable(store="messages", reason=error.fields["reason"]) from error
