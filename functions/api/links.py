"""Large objects from the store itself: answers that refer to an address that is valid for minutes.

The address is made of the key of the object that was asked for, and of nothing else that a request says. It
is as good as a credential: it is in the answer's `Location`, and in no log. Without TLS it is not given away.
"""

from typing import Any
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import Response

from cargohold.objects.store import ObjectStore
from cargohold.settings import ApiSettings, load

REDIRECT = 307  # RFC 9110, 15.4.8
DESCRIBED: dict[int, Any] = {
    REDIRECT: {"description": "It is at `Location` for a few minutes, to be read without a signature"}
}

_HERE = ("127.0.0.1", "::1", "localhost")


def referred(store: ObjectStore, key: str) -> Response[Any] | None:
    """Return an answer that refers to an object in its store; None where there is no address to give."""
    seconds = load(ApiSettings).link_seconds
    address = store.link(key, seconds) if seconds else None
    if address is None:
        return None
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        return None
    return Response(REDIRECT, headers={"Location": address, "Cache-Control": "no-store"})
