"""What persist does with one message: parse it, write its rows, and say how it went."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from cargohold.contracts import (
    AnalysisFailed,
    AnalysisReady,
    AnalysisStarted,
    ImageAnalysisFailed,
    PersistQueueMessage,
    ReferenceRemoved,
    now,
)
from cargohold.database.batch import Batch
from cargohold.database.connection import Database
from cargohold.ecr_events import is_ecr_event, normalise_ecr
from cargohold.errors import CargoholdError
from cargohold.identifiers import event_id
from cargohold.messaging.bus import Messenger
from cargohold.messaging.receive import decode
from cargohold.objects.store import ObjectStore
from cargohold.telemetry import logger, metrics
from persist import attempts, references
from persist.analysis import persist_analysis
from persist.guards import Decision

Parsed = ReferenceRemoved | AnalysisStarted | AnalysisReady | AnalysisFailed

_MESSAGE: TypeAdapter[Parsed] = TypeAdapter(PersistQueueMessage)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What every message uses."""

    database: Database
    store: ObjectStore
    messenger: Messenger
    history: timedelta = timedelta(days=90)
    now: Callable[[], datetime] = now


def parse(body: str | dict[str, Any]) -> Parsed | None:
    """Return the message in a body; None for an event that concerns no reference.

    Accepts the messages of the persist queue and the raw events of ECR. Raises `InvalidMessage`.
    """
    return decode(body, _read)


def _read(event: Any) -> Parsed | None:
    if is_ecr_event(event):
        message = normalise_ecr(event)
        return message if isinstance(message, ReferenceRemoved) else None
    return _MESSAGE.validate_python(event)


def handle_message(message: Parsed, to: Dependencies) -> None:
    """Carry out a message. Any number of times and in any order is the same as once and in order.

    Raises transient errors for the queue to try again, and permanent ones once they are recorded.
    """
    if isinstance(message, AnalysisReady):
        try:
            outcome = persist_analysis(to.database, to.store, to.messenger, message)
        except CargoholdError as error:
            if error.permanent:
                _fail(message, error, to)
            raise
        found = {"decision": outcome.decision, "packages": outcome.packages}
        logger.info("result handled", extra=found | {"image": message.image, "analysis_id": str(message.analysis_id)})
        _measure(message, outcome.decision, to.now())
    elif isinstance(message, AnalysisStarted):
        to.database.run(lambda cursor: attempts.started(Batch(cursor), message))
    elif isinstance(message, AnalysisFailed):
        _report(message, to)
    else:
        to.database.run(lambda cursor: references.remove(Batch(cursor), message))


def _measure(message: AnalysisReady, decision: Decision, at: datetime) -> None:
    """Count a result that became rows, and how long after the push it did."""
    if decision is not Decision.WRITE:
        return
    metrics.add_metric(name="ImagesWritten", unit="Count", value=1)
    pushes = [reference.pushed_at for reference in message.references if reference.pushed_at]
    if message.reason == "push" and message.origin == "analysis" and pushes:
        seconds = max(0.0, (at - max(pushes)).total_seconds())
        metrics.add_metric(name="SecondsFromPush", unit="Seconds", value=seconds)


def _report(message: AnalysisFailed, to: Dependencies) -> None:
    if to.database.run(lambda cursor: attempts.failed(Batch(cursor), message)):
        metrics.add_metric(name="AnalysesFailed", unit="Count", value=1)
        to.messenger.publish(
            ImageAnalysisFailed(
                event_id=event_id("ImageAnalysisFailed", str(message.analysis_id)),
                at=message.failed_at,
                image=message.image or message.reference.digest,
                reference=message.reference,
                error_code=message.error_code,
                error_message=message.error_message,
                correlation_id=message.correlation_id,
            )
        )


def _fail(message: AnalysisReady, error: CargoholdError, to: Dependencies) -> None:
    if message.origin != "analysis" or not message.references:
        return  # no attempt made it: whoever sent it finds the image unchanged
    failure = AnalysisFailed(
        reference=message.references[0],
        image=message.image,
        analysis_id=message.analysis_id,
        error_code=error.code,
        error_message=error.message,
        final=True,
        failed_at=to.now(),
        correlation_id=message.correlation_id,
    )
    _report(failure, to)
