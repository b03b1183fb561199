"""Lambda entry of archive's schedules: rules are evaluated, and what stopped in the middle is taken up."""

from functools import cache
from typing import Any

from archive.messages import handle_run, parse
from cargohold.contracts import ScheduledRun
from cargohold.database.connection import Database
from cargohold.errors import InvalidMessage
from cargohold.messaging.bus import Messenger
from cargohold.messaging.open import open_messenger
from cargohold.settings import ArchiveScheduleSettings, load
from cargohold.telemetry import logger, metrics, traced

_HEADROOM = 180_000  # milliseconds kept of an invocation


@cache
def services() -> tuple[Database, Messenger]:
    """Return what every invocation of this environment shares; this function touches no store."""
    settings = load(ArchiveScheduleSettings)
    return Database(settings, application_name="cargohold-archive-schedule"), open_messenger(settings)


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one run of a scheduled job and return what it found; a dry run returns its decisions."""
    metrics.add_metric(name="ArchiveRuns", unit="Count", value=1)
    message = parse(event)
    if not isinstance(message, ScheduledRun):
        raise InvalidMessage(reason="only scheduled runs are handled here")
    logger.append_keys(correlation_id=message.correlation_id)

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < _HEADROOM)

    return handle_run(message, *services(), enough=enough)
