"""Logger, metrics and tracing, made once for every function.

Metrics are CloudWatch EMF on standard output; a digest never becomes a dimension. The correlation id
of a message is appended to every log line while it is handled. Nothing here may log a credential,
a secret found in an image, or a message body.
"""

from aws_lambda_powertools import Logger, Metrics

from cargohold.tracing import traced

__all__ = ["logger", "metrics", "traced"]

logger = Logger(service="cargohold")
metrics = Metrics(namespace="Cargohold", service="cargohold")
