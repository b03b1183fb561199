"""Lambda entry of persist's daily run: version keys, and rows and objects that nothing refers to any more."""

from dataclasses import asdict
from typing import Any

from cargohold.database.version_keys import fill
from cargohold.telemetry import logger, metrics, traced
from persist.collect import collect
from persist.handler import dependencies
from persist.sweep import sweep

_HEADROOM = 30_000  # milliseconds kept of an invocation


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001 -- Lambda passes it
    """Make the version keys that are left, then collect and sweep, until done or until time runs short.

    Returns how many of each were made or removed. What is left is for the next run: nothing waits for it.
    """
    to = dependencies()

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < _HEADROOM)

    made = fill(to.database, enough=enough)
    collected = collect(
        to.database,
        at=to.now(),
        retention=to.history,
        enough=enough,
    )
    swept = sweep(to.database, to.store, at=to.now(), enough=enough)
    found = {"version_keys": made, **asdict(collected), **{f"swept_{what}": n for what, n in asdict(swept).items()}}
    metrics.add_metric(name="SetsCollected", unit="Count", value=collected.sets)
    logger.info("collected", extra=found)
    return found
