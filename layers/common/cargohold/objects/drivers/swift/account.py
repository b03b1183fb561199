"""An account of Swift: signs in, keeps connections, and signs in again when the token has expired."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import swiftclient.client
from swiftclient.exceptions import ClientException
from swiftclient.utils import generate_temp_url

from cargohold.objects.drivers.swift import keystone, version_one
from cargohold.objects.drivers.swift.credentials import Credentials
from cargohold.objects.store import CHUNK

_IDLE = 16  # connections kept

Connection = tuple[Any, Any]

# The client would log requests with their headers, and the first half of what is secret in them.
logging.getLogger("swiftclient").setLevel(logging.CRITICAL)
swiftclient.client.logger_settings["reveal_sensitive_prefix"] = 0


class Account:
    """Safe for threads. Raises swiftclient's errors, and those of signing in."""

    def __init__(self, credentials: Credentials, store: str) -> None:
        self._credentials = credentials
        self._store = store
        self._lock = threading.Lock()
        self._access: tuple[str, str] | None = None
        self._idle: list[tuple[str, Connection]] = []

    def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call one of swiftclient's functions; `contents` must be bytes, as they may be sent twice."""
        return self._signed_in(lambda *access: self._once(function, *access, *arguments, **options))

    def link(self, container: str, name: str, seconds: int) -> str | None:
        """Return a temporary URL of an object, None without the key that signs them."""
        key = self._credentials.temp_url_key.get_secret_value()
        if not key:
            return None
        account = urlsplit(self._sign_in()[0])
        path = f"{account.path.rstrip('/')}/{container}/{name}"
        signed: str = generate_temp_url(path, seconds, key, "GET", digest="sha256")
        path, _, query = signed.partition("?")
        return f"{account.scheme}://{account.netloc}{quote(path)}?{query}"

    @contextmanager
    def reading(self, container: str, name: str) -> Iterator[tuple[dict[str, str], Iterator[bytes]]]:
        """Open an object: its headers, and its bytes in chunks."""
        url, connection, headers, body = self._signed_in(lambda url, token: self._open(url, token, container, name))
        ended = threading.Event()

        def parts() -> Iterator[bytes]:
            while part := body.resp.read(CHUNK):
                yield part
            ended.set()

        try:
            yield headers, parts()
        finally:
            # A connection with bytes still to come is of no use to the next request.
            self._put_back(url, connection, usable=ended.is_set())

    def _open(self, url: str, token: str, container: str, name: str) -> tuple[str, Connection, dict[str, str], Any]:
        connection = self._connection(url)
        try:
            headers, body = swiftclient.client.get_object(
                url, token, container, name, http_conn=connection, resp_chunk_size=CHUNK
            )
        except BaseException as error:
            self._put_back(url, connection, usable=isinstance(error, ClientException))
            raise
        return url, connection, headers, body

    def _once(self, function: Callable[..., Any], url: str, token: str, *arguments: Any, **options: Any) -> Any:
        connection = self._connection(url)
        usable = False
        try:
            result = function(url, token, *arguments, http_conn=connection, **options)
            usable = True
        except ClientException as error:
            # After a time-out what is on the wire is anybody's guess.
            usable = error.http_status not in (408, 499)
            raise
        finally:
            self._put_back(url, connection, usable=usable)
        return result

    def _signed_in(self, call: Callable[..., Any]) -> Any:
        access = self._sign_in()
        try:
            return call(*access)
        except ClientException as error:
            if error.http_status != 401:
                raise
        with self._lock:
            if self._access == access:
                self._access = None
        return call(*self._sign_in())

    def _sign_in(self) -> tuple[str, str]:
        with self._lock:
            if self._access is None:
                self._access = self._authenticate()
            return self._access

    def _authenticate(self) -> tuple[str, str]:
        sign_in = keystone.sign_in if self._credentials.auth_url else version_one.sign_in
        return sign_in(self._credentials, self._store)

    def _connection(self, url: str) -> Connection:
        with self._lock:
            while self._idle:
                of, connection = self._idle.pop()
                if of == url:
                    return connection
                connection[1].close()
        made: Connection = swiftclient.client.http_connection(
            url, cacert=self._credentials.cacert or None, timeout=version_one.TIMEOUT
        )
        return made

    def _put_back(self, url: str, connection: Connection, *, usable: bool) -> None:
        with self._lock:
            if usable and len(self._idle) < _IDLE:
                self._idle.append((url, connection))
                return
        connection[1].close()
