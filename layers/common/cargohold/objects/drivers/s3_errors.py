"""What S3's answers mean. Source: Amazon S3 API reference, "Error responses"."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from cargohold.errors import (
    InvalidConfiguration,
    ObjectCold,
    ObjectExists,
    ObjectNotFound,
    StoreForbidden,
    StoreUnavailable,
)

_CONFIGURATION = {"NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed", "InvalidBucketName"}
_NOT_FOUND = {"NoSuchKey", "404", "NotFound"}


@contextmanager
def translated(store: str, key: str) -> Iterator[None]:
    """Raise Cargohold's errors for botocore's."""
    try:
        yield
    except ClientError as error:
        raise _translate(error, store, key) from error
    except BotoCoreError as error:
        raise StoreUnavailable(store=store, reason=f"{type(error).__name__} for {key}") from error


def status_of(error: ClientError) -> int:
    """Return the HTTP status."""
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def _translate(error: ClientError, store: str, key: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    status = status_of(error)
    where = f"{store}/{key}"
    if code in _CONFIGURATION or status == 301:
        return InvalidConfiguration(setting=store, reason=code or "the bucket is in another region")
    if code in _NOT_FOUND:
        return ObjectNotFound(key=where)
    if code == "InvalidObjectState":
        return ObjectCold(key=where)
    if status == 412:
        return ObjectExists(key=where)
    if status in (401, 403) and code not in ("RequestTimeTooSkewed", "ExpiredToken"):
        return StoreForbidden(store=store, reason=f"{code or status} for {key}")
    # 409 ConditionalRequestConflict is two conditional writes at once: a retry finds the winner.
    return StoreUnavailable(store=store, reason=f"{code or status} for {key}")
