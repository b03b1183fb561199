"""What Swift's answers mean. Source: OpenStack Object Storage API, and the middlewares' own pages."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3
from swiftclient.exceptions import ClientException

from cargohold.errors import ObjectCorrupt, ObjectExists, ObjectNotFound, StoreForbidden, StoreUnavailable


@contextmanager
def translated(store: str, key: str) -> Iterator[None]:
    """Raise Cargohold's errors for those of the client, which say more than may be logged."""
    try:
        yield
    except ClientException as error:
        raise _translate(error, store, key) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreUnavailable(store=store, reason=f"{type(error).__name__} for {key}") from None


def _translate(error: ClientException, store: str, key: str) -> Exception:
    status = error.http_status
    where = f"{store}/{key}"
    if status == 404:
        return ObjectNotFound(key=where)
    if status == 412:
        return ObjectExists(key=where)
    if status in (401, 403):
        return StoreForbidden(store=store, reason=f"{status} for {key}")
    if status == 409 and error.msg.startswith(("Object GET", "Object HEAD")):
        return ObjectCorrupt(key=where, expected="its segments", actual="segments that changed or are gone")
    # Also 409 for a put that a newer one overtook, 422 for bytes that changed on the way, 507 for a full disk.
    return StoreUnavailable(store=store, reason=f"{status or error.msg} for {key}")
