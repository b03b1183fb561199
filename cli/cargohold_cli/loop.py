"""The main job on one machine: put a request in the queue and handle messages until it is done."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from cargohold.contracts import AnalyzeRequest, ReconcileRun, Reference, ScheduledRun, TransitionRequest, now
from cargohold.errors import CargoholdError
from cargohold.identifiers import uuid7
from cargohold.lifecycle import Transition
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.model import Platform
from cargohold.registry.reference import parse_reference
from cargohold.settings import DatabaseSettings, load
from cargohold_cli import local
from cargohold_cli.worker import Context, work

PATIENCE = 0.2  # seconds between looks while another process handles our messages


@dataclass(slots=True)
class Analyzed:
    """What became of the images of one reference."""

    images: list[str] = field(default_factory=list)
    reused: set[str] = field(default_factory=set)
    errors: list[tuple[Reference, CargoholdError]] = field(default_factory=list)


def messenger() -> InProcessMessenger:
    """Return the local queues."""
    local.start()
    return InProcessMessenger(load(DatabaseSettings).model_copy(update={"database_role": "cargohold_messages"}))


def analyze(
    reference: str, *, platforms: Iterable[Platform] = (), force: bool = False, progress: str = "auto"
) -> Analyzed:
    """Analyze a reference with all its platforms, and persist what is found."""
    from cargohold_cli.watch import Watch

    named = parse_reference(reference).model_copy(update={"pushed_at": now()})
    queues = messenger()
    os.environ["PLATFORMS"] = ",".join(map(str, platforms))
    request = AnalyzeRequest(reference=named, reason="manual", force=force, correlation_id=str(uuid4()))
    with Watch(progress) as watch:
        queues.send("analyze", request)
        settle(queues, request.correlation_id)
    return Analyzed([image.digest for image in watch.done], watch.reused, watch.errors)


def transition(digest: str, wanted: Transition) -> None:
    """Archive, restore or delete an image, to the end.

    A process that dies on the way is taken up by `cargohold work --scheduled`. Raises what the archive
    protocol raises: `TransitionConflict`, `ArchiveUnknown`, `InvalidBundle`, `StoreUnavailable`, ...
    """
    from archive.handler import handle

    queues = messenger()
    request = TransitionRequest(image=digest, transition=wanted, request_id=uuid7(), requested_by="command")
    handle(request.model_dump(mode="json"), Context("archive", str(request.request_id)))
    settle(queues, request.correlation_id)


def scheduled(job: Literal["archive-rules", "archive-continue"], **run_fields: Any) -> dict[str, Any]:
    """Do one run of a scheduled job, and return what it found; messages that it sends are not handled yet."""
    from archive.schedule import handle

    local.start()
    run = ScheduledRun(**({"job": job, "execution_id": str(uuid7())} | run_fields))
    found: dict[str, Any] = handle(run.model_dump(mode="json"), Context("archive", run.execution_id))
    return found


def reconcile(host: str = "", *, dry_run: bool = False) -> dict[str, Any]:
    """Compare one registry with the database and return what was found, or send a run for each that is due."""
    from intake.reconcile.handler import handle

    local.start()
    run = ReconcileRun(execution_id=str(uuid7()), registry=host, dry_run=dry_run)
    found: dict[str, Any] = handle(run.model_dump(mode="json"), Context("reconcile", run.execution_id))
    return found


def settle(queues: InProcessMessenger, correlation_id: str) -> None:
    """Handle messages until none with `correlation_id` is left, whoever handles them."""
    while queues.pending(correlation_id):
        if not work(queues):
            time.sleep(PATIENCE)
