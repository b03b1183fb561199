"""Layers that their image says are elsewhere (descriptor.md, `urls`).

The addresses come from whoever pushed the image. Each is reached under the rules of its own host, so
nothing private answers unless that host is configured so, and nothing of the registry's is sent along.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cargohold.errors import CargoholdError, LayerUnavailable, RegistryUnavailable
from cargohold.registry.configuration import Registries
from cargohold.registry.patience import Patience

if TYPE_CHECKING:  # hardly an image has such layers, and those in files need no HTTP
    from cargohold.registry.http import Answer

_URLS = 8  # of one layer that are tried


@contextmanager
def open_foreign(
    digest: str, size: int, urls: Sequence[str], registries: Registries, patience: Patience
) -> Iterator[Iterator[bytes]]:
    """Open the first of `urls` that has the layer, as parts of at most 1 MiB; raises `LayerUnavailable`."""
    with ExitStack() as stack:
        yield _first(digest, size, urls, registries, patience, stack)


def _first(
    digest: str, size: int, urls: Sequence[str], registries: Registries, patience: Patience, stack: ExitStack
) -> Iterator[bytes]:
    reasons = []
    for url in urls[:_URLS]:
        try:
            return stack.enter_context(_opened(digest, size, url, registries, patience))
        except CargoholdError as error:
            reasons.append(error.message)
    raise LayerUnavailable(digest=digest, reason=" ".join(reasons) or "its descriptor names none.")


@contextmanager
def _opened(digest: str, size: int, url: str, registries: Registries, patience: Patience) -> Iterator[Iterator[bytes]]:
    from cargohold.registry.blobs import open_stream
    from cargohold.registry.http import Session

    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    except ValueError:
        host = ""
    if not host:
        raise LayerUnavailable(digest=digest, reason="an address is not a URL.")
    session = Session(registries.of(host), host, patience)

    def at(offset: int) -> "Answer":
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        answer = session.request("GET", url, headers=headers)
        if answer.status in (200, 206, 416):
            return answer
        raise RegistryUnavailable(registry=host, reason=f"status {answer.status}")

    try:
        with open_stream(at, what=f"the layer {digest}", size=size, patience=patience) as stream:
            yield stream
    finally:
        session.close()
