"""Logger, metrics and tracing, made once for every function.

Metrics are CloudWatch EMF on standard output; a digest never becomes a dimension. The correlation id
of a message is appended to every log line while it is handled. Nothing here may log a credential,
a secret found in an image, or a message body.
"""

import os
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger, Metrics

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

logger = Logger(service="cargohold")
metrics = Metrics(namespace="Cargohold", service="cargohold")


def traced(handler: Handler) -> Handler:
    """Trace a handler and its calls of AWS with X-Ray, where there is a daemon to send segments to.

    Elsewhere (the command, tests, `sam local`) the SDK is not even imported: it takes longer than an analysis
    of an image that is known.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ or "AWS_SAM_LOCAL" in os.environ:
        return handler
    from aws_lambda_powertools import Tracer

    captured: Handler = Tracer(service="cargohold").capture_lambda_handler(handler, capture_response=False)
    return captured
