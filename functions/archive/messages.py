"""What arrives at archive, whoever sent it, as one of three messages; and what is done with it."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson
from pydantic import TypeAdapter

from archive.audit import audit
from archive.resume import resume
from archive.rule_run import run_rules
from archive.steps.run import Services
from archive.transitions import carry_out
from archive.uploaded import sweep, take
from cargohold.contracts import ArchiveQueueMessage, ImportRequest, ScheduledRun, TransitionRequest
from cargohold.database.connection import Database
from cargohold.errors import InvalidMessage
from cargohold.messaging.bus import Messenger
from cargohold.messaging.receive import decode
from cargohold.telemetry import logger

Parsed = TransitionRequest | ScheduledRun | ImportRequest

_MESSAGE: TypeAdapter[Parsed] = TypeAdapter(ArchiveQueueMessage)
_NOTIFICATION = "Scheduled Event"


def parse(body: str | dict[str, Any]) -> Parsed:
    """Return the message in a body; raises `InvalidMessage`.

    EventBridge Scheduler sends its `Input` as it is. Without one it sends a notification, whose
    `detail` is the string "{}" where rules have an object; the job is then in the schedule's name.
    """
    return decode(body, _read)


def _read(event: Any) -> Parsed:
    if isinstance(event, dict) and event.get("detail-type") == _NOTIFICATION:
        event = _from_notification(event)
    return _MESSAGE.validate_python(event)


def _from_notification(event: dict[str, Any]) -> dict[str, Any]:
    detail = event.get("detail") or {}
    if isinstance(detail, str):
        detail = orjson.loads(detail)
    if not isinstance(detail, dict):
        raise InvalidMessage(reason="the detail of the scheduled event is not an object")
    names = [str(name).rpartition("/")[2] for name in event.get("resources") or ()]
    jobs = {word: f"archive-{word}" for word in ("continue", "audit")}
    job = next((job for word, job in jobs.items() if any(word in name for name in names)), "archive-rules")
    return {"kind": "ScheduledRun", "job": job, "execution_id": str(event.get("id", ""))} | detail


def handle_message(
    message: Parsed, services: Services, *, enough: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Carry out a message, as often as it comes, and return what it did. `enough()` ends a part of a run.

    Raises transient errors for the queue to try again. A permanent one has ended the transition, is
    in the row of the archive where there is one, and is raised to be logged.
    """
    if isinstance(message, ScheduledRun):
        if message.job == "archive-audit":
            if not message.hops:
                sweep(services.archive)
            return {"job": message.job} | asdict(audit(services, message, enough=enough))
        return handle_run(message, services.database, services.messenger, enough=enough)
    if isinstance(message, ImportRequest):
        return {"upload": str(message.upload_id)} | take(services, message).model_dump()
    outcome = carry_out(services, message)
    done = {"image": message.image, "transition": message.transition.value, "finished": outcome.finished}
    logger.info("transition handled", extra=done | {"found": outcome.state and outcome.state.value})
    return done


def handle_run(
    run: ScheduledRun, database: Database, messenger: Messenger, *, enough: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Do one run of a scheduled job and return what it found. An audit, which reads a store, is sent to the queue."""
    if run.job == "archive-audit":
        messenger.send("archive", run)
        return {"job": run.job}
    if run.job == "archive-continue":
        return {"job": run.job, "requested": resume(database, messenger, run)}
    report = run_rules(database, messenger, run, enough=enough)
    logger.info("rules evaluated", extra=asdict(report) | {"decisions": len(report.decisions)})
    return {"job": run.job, "dry_run": run.dry_run} | asdict(report)
