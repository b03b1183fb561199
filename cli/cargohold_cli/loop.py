"""The main job on one machine: put a request in the queue and handle messages until it is done."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from cargohold.contracts import AnalyzeRequest, ReconcileRun, Reference, ScheduledRun, TransitionRequest, now
from cargohold.errors import ArchiveUnknown, CargoholdError, ImageUnknown, TransitionConflict
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


def transition(digest: str, wanted: Transition, *, force: bool = False) -> bool:
    """Archive, restore or delete an image, to the end; False when a cold bundle has to be waited for.

    A process that dies on the way is taken up by a command some minutes later; with `force` what another
    left under way is taken up first. Raises what the archive protocol raises: `TransitionConflict`,
    `ArchiveUnknown`, `InvalidBundle`, `StoreUnavailable`, ...
    """
    ended = resume(digest) if force else set()
    request = TransitionRequest(image=digest, transition=wanted, request_id=uuid7(), requested_by="command")
    try:
        return _carry_out(request)
    except (ArchiveUnknown, ImageUnknown, TransitionConflict):
        if wanted in ended:
            return True  # it was under way, and has come to its end
        raise


def resume(digest: str) -> set[Transition]:
    """Take up at once what is under way or left to clean up of an image, and return what that was."""
    from archive.resume import under_way

    requests = under_way(local.database("cargohold_archive"), digest, str(uuid4()))
    for request in requests:
        _carry_out(request)
    return {request.transition for request in requests}


def _carry_out(request: TransitionRequest) -> bool:
    from archive.handler import handle

    queues = messenger()
    done = handle(request.model_dump(mode="json"), Context("archive", str(request.request_id)))
    settle(queues, request.correlation_id)
    return bool(done["finished"])


def audit(sample: int | None) -> str:
    """Read bundles of the archive again, all parts of an audit; return its execution id."""
    from archive.handler import handle

    queues = messenger()
    run = ScheduledRun(job="archive-audit", execution_id=str(uuid7()), sample=sample)
    handle(run.model_dump(mode="json"), Context("archive", run.execution_id))
    settle(queues, run.correlation_id)
    return run.execution_id


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
