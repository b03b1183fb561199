"""How requests reach analyze, what they share, and what becomes of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analyze.pipeline import Resources, open_resources
from analyze.transports.platforms import parse_platforms
from cargohold.contracts import AnalyzeRequest, now
from cargohold.ecr_events import is_ecr_event, normalise_ecr
from cargohold.messaging.bus import Messenger
from cargohold.messaging.open import open_messenger
from cargohold.messaging.receive import decode
from cargohold.model import Platform
from cargohold.objects.open import open_primary
from cargohold.objects.store import ObjectStore
from cargohold.registry.configuration import Source
from cargohold.settings import AnalyzeSettings

# Seconds of an invocation that are kept to report how it went: a registry that falls silent is noticed
# after 30 (`registry.http`), and what takes no look at the clock, making packages of facts, needs a few.
HEADROOM = 45


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What every request uses."""

    messenger: Messenger
    store: ObjectStore
    registries: Source
    resources: Resources
    platforms: tuple[Platform, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a request arrived: until when it may take, under which id, and whether it is the last try."""

    request_id: str
    deadline: float  # of time.monotonic()
    receives: int = 1
    last: bool = False

    @classmethod
    def direct(cls, context: Any) -> "Receipt":
        """Return the receipt of a request that came without a queue: there is no retry."""
        return cls(context.aws_request_id, _deadline(context), last=True)

    @classmethod
    def of_sqs(cls, record: Mapping[str, Any], context: Any, max_receives: int) -> "Receipt":
        """Return the receipt of an SQS record."""
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        return cls(context.aws_request_id, _deadline(context), receives, receives >= max_receives)

    def ends_at(self) -> datetime:
        """Return the deadline as a time of day, with room for the report."""
        return now() + timedelta(seconds=max(0.0, self.deadline - time.monotonic()) + HEADROOM)


@dataclass(slots=True)
class Outcome:
    """What became of a request.

    analyzed, reused, waiting (another analyzes it), continued (by a message to itself), expanded (an index) or
    skipped.
    """

    outcome: str
    images: list[str] = field(default_factory=list)
    analysis_id: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the answer of a direct invocation."""
        return {"outcome": self.outcome, "images": self.images, "analysis_id": self.analysis_id}


def open_dependencies(settings: AnalyzeSettings) -> Dependencies:
    """Return the dependencies that the settings name. Raises `InvalidConfiguration`."""
    store = open_primary(settings)
    return Dependencies(
        messenger=open_messenger(settings),
        store=store,
        registries=Source(settings.registries),
        resources=open_resources(settings, store),
        platforms=parse_platforms(settings.platforms),
    )


def parse_request(body: str | dict[str, Any], registries: Source) -> AnalyzeRequest | None:
    """Return the request in a message; None for an event that concerns no image, or none that is wanted.

    Accepts an `AnalyzeRequest` and the raw events of ECR, of the repositories that are configured for it.
    Raises `InvalidMessage`, and what reading the registries document raises.
    """

    def read(event: Any) -> AnalyzeRequest | None:
        if not is_ecr_event(event):
            return AnalyzeRequest.model_validate(event)
        request = normalise_ecr(event)
        if not isinstance(request, AnalyzeRequest):
            return None
        reference = request.reference
        return request if registries.current().of(reference.registry).accepts(reference.repository) else None

    return decode(body, read)


def _deadline(context: Any) -> float:
    remaining: int = context.get_remaining_time_in_millis()
    return time.monotonic() + remaining / 1000 - HEADROOM
