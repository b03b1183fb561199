"""Lambda entry of api: what is under `/v1` of an HTTP API, payload format 2.0. API Gateway has authorised it."""

from typing import Any

from api.answers import bounded, conditional
from api.application import application
from api.problems import answer
from api.requests import checked, request_id
from cargohold.errors import AnswerTooLarge, InvalidRequest
from cargohold.telemetry import logger, metrics, traced


@metrics.log_metrics(raise_on_empty_metrics=False)
@traced
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request; errors are problem details with one of our codes."""
    logger.set_correlation_id(request_id(event))
    app = application()
    try:
        found = app.resolve(checked(event), context)
        found = bounded(conditional(event, found))
    except (InvalidRequest, AnswerTooLarge) as error:
        told = answer(error, request_id(event))
        found = {"statusCode": told.status_code, "headers": told.headers, "body": told.body, "isBase64Encoded": False}
    metrics.add_metric(name=f"Answers{found['statusCode'] // 100}xx", unit="Count", value=1)
    logger.info(
        "request",
        extra={
            "method": event["requestContext"]["http"]["method"],
            "path": event.get("rawPath", ""),
            "status": found["statusCode"],
            "bytes": len(found.get("body") or ""),
        },
    )
    return found
