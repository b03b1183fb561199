"""Lambda entry of analyze: SQS messages, each an `AnalyzeRequest` or a raw ECR event, or a request by itself."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from analyze.attempt import handle_request
from analyze.cache.metrics import CacheMetrics
from analyze.requests import Dependencies, Outcome, Receipt, open_dependencies, parse_request
from cargohold.contracts import AnalyzeRequest
from cargohold.messaging.receive import handle_batch
from cargohold.settings import AnalyzeSettings, load
from cargohold.telemetry import logger, metrics, traced


@cache
def settings() -> AnalyzeSettings:
    """Return the settings; a wrong one fails the first invocation and is named."""
    return load(AnalyzeSettings)


@cache
def dependencies() -> Dependencies:
    """Return what every invocation of this environment shares."""
    return open_dependencies(settings())


@cache
def cache_metrics() -> CacheMetrics:
    """Return what reports the layer cache of this environment."""
    return CacheMetrics(dependencies().resources.records)


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one event.

    An SQS batch gives `{"batchItemFailures": [...]}` with the messages to retry; a request sent
    directly (`sam local invoke`) gives `{"outcome", "images"}` or raises its error.
    """
    metrics.add_metric(name="AnalyzeRequests", unit="Count", value=len(event.get("Records", [event])))
    if "Records" not in event:
        request = parse_request(event, dependencies().registries)
        return _carry_out(request, Receipt.direct(context)).as_json() if request else {}

    def one(record: Mapping[str, Any]) -> None:
        request = parse_request(record["body"], dependencies().registries)
        if request is not None:
            _carry_out(request, Receipt.of_sqs(record, context, settings().max_receives))

    return handle_batch(event["Records"], one, queue="analyze", messenger=lambda: dependencies().messenger)


def _carry_out(request: AnalyzeRequest, receipt: Receipt) -> Outcome:
    logger.append_keys(correlation_id=request.correlation_id)
    try:
        return handle_request(request, dependencies(), receipt)
    finally:
        cache_metrics().report()
