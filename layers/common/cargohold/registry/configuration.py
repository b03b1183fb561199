"""Where the registries document comes from: a file, Parameter Store or Secrets Manager."""

import threading
import time

from cargohold.registry.document import Registries, parse_registries
from cargohold.text_by_url import read_text

__all__ = ["Registries", "Source", "load_registries"]

_MAX_AGE = 300  # seconds; a rotated credential is seen after this long without a new environment


def load_registries(url: str) -> Registries:
    """Read the document at `url`: `file:PATH`, `ssm:NAME`, `secretsmanager:NAME-OR-ARN`, or "" for none.

    Raises `InvalidConfiguration` when it is missing or wrong, and `StoreUnavailable` when the service
    that holds it does not answer.
    """
    if not url:
        return Registries()
    return parse_registries(read_text(url, setting="REGISTRIES"))


class Source:
    """A document that is read again when it is older than five minutes, or on demand. Safe for threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._loaded: tuple[float, Registries] | None = None

    def current(self, *, fresh: bool = False) -> Registries:
        """Return the document; with `fresh` it is read now. Raises as `load_registries` does."""
        with self._lock:
            if fresh or self._loaded is None or time.monotonic() - self._loaded[0] > _MAX_AGE:
                self._loaded = (time.monotonic(), load_registries(self._url))
            return self._loaded[1]
