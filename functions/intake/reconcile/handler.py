"""Lambda entry of reconcile: its schedule, and the runs of single registries in its queue."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from cargohold.contracts import ReconcileRun
from cargohold.database.connection import Database
from cargohold.messaging.bus import Messenger
from cargohold.messaging.open import open_messenger
from cargohold.messaging.receive import decode, handle_batch
from cargohold.registry.configuration import Source
from cargohold.registry.document import Registries, Registry
from cargohold.settings import ReconcileSettings, load
from cargohold.telemetry import logger, metrics, traced
from intake.reconcile.run import Reconciliation, Report
from intake.reconcile.sources import open_source

_HEADROOM = 60_000  # milliseconds kept of an invocation: a step of requests to a slow registry, and the message
_DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What every invocation of an environment shares."""

    registries: Source
    database: Database
    messenger: Messenger
    ecr_registry: str
    ecr_repositories: str


@cache
def dependencies() -> Dependencies:
    """Return what every invocation of this environment shares."""
    settings = load(ReconcileSettings)
    return Dependencies(
        registries=Source(settings.registries),
        database=Database(settings, application_name="cargohold-reconcile"),
        messenger=open_messenger(settings),
        ecr_registry=settings.ecr_registry,
        ecr_repositories=settings.ecr_repositories,
    )


def configured(registries: Registries, ecr_registry: str = "") -> Iterator[Registry]:
    """Yield the registries that can be compared: those with a host of their own, and the account's ECR."""
    hosts = [registry.host.lower() for registry in registries.registries if not registry.is_glob]
    for host in dict.fromkeys([*hosts, ecr_registry]):
        if host:
            yield registries.of(host)


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of runs, or one run sent directly, and return what it found.

    A run without a registry sends one for each that is due: they do not wait for each other.
    """

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < _HEADROOM)

    metrics.add_metric(name="ReconcileRuns", unit="Count", value=len(event.get("Records", [event])))
    if "Records" not in event:
        return _handle(decode(event, ReconcileRun.model_validate), enough)

    def one(record: Mapping[str, Any]) -> None:
        _handle(decode(record["body"], ReconcileRun.model_validate), enough)

    return handle_batch(event["Records"], one, queue="reconcile", messenger=lambda: dependencies().messenger)


def _handle(run: ReconcileRun, enough: Callable[[], bool]) -> dict[str, Any]:
    logger.append_keys(correlation_id=run.correlation_id)
    to = dependencies()
    if run.registry:
        return asdict(_compare(run, to, enough))
    day = int(time.time() // _DAY)
    known = configured(to.registries.current(fresh=True), to.ecr_registry)
    due = [registry.host for registry in known if registry.reconcile.is_due(day)]
    for host in due:
        to.messenger.send("reconcile", run.model_copy(update={"registry": host}))
    logger.info("registries to reconcile", extra={"registries": due})
    return {"registries": due}


def _compare(run: ReconcileRun, to: Dependencies, enough: Callable[[], bool]) -> Report:
    registry = to.registries.current().of(run.registry)
    pattern = to.ecr_repositories if registry.host == to.ecr_registry else "*"
    with open_source(registry) as source:
        reconciliation = Reconciliation(
            registry=registry,
            source=source,
            database=to.database,
            messenger=to.messenger,
            enough=enough,
            wanted=lambda repository: fnmatchcase(repository, pattern),
        )
        report = reconciliation.run(run)
    metrics.add_metric(name="PushesMissed", unit="Count", value=report.missed)
    metrics.add_metric(name="RemovalsMissed", unit="Count", value=report.removed)
    metrics.add_metric(name="RepositoriesRefused", unit="Count", value=len(report.refused))
    found = {name: value for name, value in asdict(report).items() if name != "actions"}
    logger.info("reconciled", extra=found)
    return report
