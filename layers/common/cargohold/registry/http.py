"""HTTP to one registry and to wherever it redirects: bounded, retried, and never with a secret too many."""

import logging
import re
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, SSLError
from urllib3.util.ssl_ import create_urllib3_context

from cargohold.errors import DeadlineExceeded, InvalidConfiguration, RateLimited, RegistryUnavailable
from cargohold.registry.addresses import Reach, is_loopback_host, pool_manager
from cargohold.registry.document import Registry
from cargohold.registry.patience import Patience

_REDIRECTS = 5
_ERROR_BODY = 64 << 10  # bytes of an error that are read
_REDIRECT_STATUSES = frozenset((301, 302, 303, 307, 308))
_RETRIED_STATUSES = frozenset((408, 429, 500, 502, 503, 504))

# At DEBUG it logs every URL whole: those of redirects are signed, and a hostile realm can hold what it was sent.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(slots=True)
class Answer:
    """A response: `body` is read (at most the limit, `cut` when there was more), or `stream` is open, unread."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes = b""
    cut: bool = False
    stream: BaseHTTPResponse | None = None
    challenges: list[str] = field(default_factory=list)

    def close(self) -> None:
        """Drop the connection of an open stream."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None


class Session:
    """Requests under the rules of one registry. Safe for threads."""

    def __init__(self, registry: Registry, api_host: str, patience: Patience) -> None:
        self.registry = registry
        self.patience = patience
        self._host = api_host.lower()
        self._lock = threading.Lock()
        self._pools: dict[Reach, PoolManager] = {}
        self._tls: ssl.SSLContext | None = None

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for pool in self._pools.values():
                pool.clear()
            self._pools.clear()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        authorization: str | None = None,
        fields: list[tuple[str, str]] | None = None,
        limit: int | None = None,
    ) -> Answer:
        """Send a request and return its answer, whatever the status but 429 and 5xx.

        Redirects are followed; `authorization` stays with the host it was meant for. With `limit` a good
        answer's body is read up to so many bytes; without, its stream is returned open. Raises
        `RateLimited`, `RegistryUnavailable`, `AddressForbidden`, `DeadlineExceeded`.
        """
        reason = ""
        for attempt in range(self.patience.attempts):
            last = attempt == self.patience.attempts - 1
            asked: float | None = None
            try:
                answer = self._follow(method, url, dict(headers or {}), authorization, fields, limit)
            except SSLError as error:
                cause = "its certificate is not trusted" if "CERTIFICATE" in str(error) else "TLS fails"
                if last or "CERTIFICATE" in str(error):
                    raise RegistryUnavailable(registry=self.registry.host, reason=cause) from None
                reason = cause
            except ValueError:  # urllib's and urllib3's, for a URL that is none
                raise RegistryUnavailable(registry=self.registry.host, reason="it names an unreadable URL") from None
            except (HTTPError, OSError) as error:
                reason = f"{type(error).__name__} at {urlsplit(url).hostname}"
            else:
                if answer.status not in _RETRIED_STATUSES:
                    return answer
                reason = f"status {answer.status}"
                asked = _retry_after(answer.headers.get("Retry-After"))
                if answer.status == 429 and (last or (asked or 0) > self.patience.longest):
                    seconds = round(asked if asked is not None else self.patience.longest)
                    raise RateLimited(registry=self.registry.host, seconds=seconds)
                if (asked or 0) > self.patience.longest:
                    break
            if not last:
                self.patience.pause(attempt, asked)
        raise RegistryUnavailable(registry=self.registry.host, reason=reason)

    def _follow(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        authorization: str | None,
        fields: list[tuple[str, str]] | None,
        limit: int | None,
    ) -> Answer:
        for _ in range(_REDIRECTS + 1):
            sent = headers | {"Authorization": authorization} if authorization else headers
            response = self._send(method, url, sent, fields)
            location = response.headers.get("Location")
            if response.status not in _REDIRECT_STATUSES or not location:
                return _answer(response, url, limit, self.patience.deadline)
            response.close()
            target = urljoin(url, location)
            if _origin(target) != _origin(url):
                authorization, fields = None, None
            url = target
        raise RegistryUnavailable(registry=self.registry.host, reason="it redirects without end")

    def _send(
        self, method: str, url: str, headers: dict[str, str], fields: list[tuple[str, str]] | None
    ) -> BaseHTTPResponse:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
            raise RegistryUnavailable(registry=self.registry.host, reason="it names a URL that is not plain http(s)")
        if parts.scheme == "http" and not self.registry.insecure_http:
            raise RegistryUnavailable(
                registry=self.registry.host, reason=f"{parts.hostname} is without TLS, which insecure_http would allow"
            )
        more: dict[str, Any] = {"fields": fields, "encode_multipart": False} if fields else {}
        return self._pool(parts.netloc.lower()).request(
            method,
            url,
            headers={"User-Agent": "cargohold", "Accept-Encoding": "identity"} | headers,
            preload_content=False,
            decode_content=False,
            redirect=False,
            retries=False,
            **more,
        )

    def _pool(self, netloc: str) -> PoolManager:
        private = self.registry.allow_private
        # Only a registry that is this machine may send its client back to this machine.
        own = netloc == self._host or is_loopback_host(urlsplit(f"//{self._host}").hostname or "")
        reach = Reach(private=private, loopback=private and own)
        with self._lock:
            if reach not in self._pools:
                self._pools[reach] = pool_manager(
                    reach, num_pools=8, maxsize=8, timeout=Timeout(connect=10, read=30), ssl_context=self._context()
                )
            return self._pools[reach]

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
            context.load_default_certs()
            try:
                if self.registry.ca or self.registry.ca_file:
                    context.load_verify_locations(self.registry.ca_file or None, None, self.registry.ca or None)
            except (OSError, ValueError):
                setting = f"registries.{self.registry.host}.ca"
                raise InvalidConfiguration(setting=setting, reason="not certificates in PEM") from None
            self._tls = context
        return self._tls


def origin_free(url: str) -> str:
    """Return the host of a URL: all of it that a message may show, as the rest can be signed."""
    return urlsplit(url).hostname or ""


def _answer(response: BaseHTTPResponse, url: str, limit: int | None, deadline: float | None) -> Answer:
    good = response.status in (200, 206)
    answer = Answer(response.status, response.headers, url, challenges=response.headers.getlist("WWW-Authenticate"))
    if good and limit is None:
        answer.stream = response
        return answer
    bound = limit if good and limit is not None else _ERROR_BODY
    try:
        content = _body(response, bound, deadline)
    except BaseException:
        response.close()
        raise
    answer.cut = len(content) > bound
    answer.body = bytes(content[:bound])
    if answer.cut:
        response.close()
    else:
        response.release_conn()
    return answer


def _body(response: BaseHTTPResponse, bound: int, deadline: float | None) -> bytearray:
    """Return an answer's body, one byte more than `bound` when there is more."""
    content = bytearray()
    while len(content) <= bound:
        # What has come, not a full part: a server that drips would hide the deadline for days.
        part = response.read1(min(1 << 16, bound + 1 - len(content)), decode_content=False)
        if not part:
            break
        content += part
        if deadline is not None and time.monotonic() > deadline:
            raise DeadlineExceeded(what="reading an answer of the registry")
    return content


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def _retry_after(value: str | None) -> float | None:
    """Seconds that `Retry-After` asks for: a number or a date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    try:
        if re.fullmatch(r"\s*\d{1,9}\s*", value, re.ASCII):
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
