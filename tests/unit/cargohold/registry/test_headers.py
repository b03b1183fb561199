"""Answers whose headers come byte by byte, so that no read ever times out."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.harness.certificates import certificate

from cargohold.errors import DeadlineExceeded, RegistryUnavailable
from cargohold.registry.document import Registry
from cargohold.registry.headers import BoundedHeaders
from cargohold.registry.http import Session
from cargohold.registry.patience import Patience

FIRST = {"status line": b"HTTP/1.1 2", "header": b"HTTP/1.1 200 OK\r\nX: ", "headers": b"HTTP/1.1 200 OK\r\nA: b\r\n"}


@contextmanager
def dripping(first: bytes, tls: ssl.SSLContext | None) -> Iterator[str]:
    """Serve the start of an answer, then a byte every tenth of a second for as long as somebody reads."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(accepted: socket.socket) -> None:
        with suppress(OSError), accepted:
            connection = tls.wrap_socket(accepted, server_side=True) if tls else accepted
            with connection:
                connection.recv(4096)
                connection.sendall(first)
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.1)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_headers_that_drip_are_broken_off(
    first: bytes, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedHeaders, "header_seconds", 0.5)
    context, pem = certificate(tmp_path / "pem", "127.0.0.1")
    with dripping(first, context if scheme == "https" else None) as host:
        registry = Registry(host=host, insecure_http=scheme == "http", allow_private=True, ca=pem)
        session = Session(registry, host, Patience(attempts=2, sleep=lambda _: None))
        with pytest.raises(RegistryUnavailable, match="ReadTimeoutError"):
            session.request("GET", f"{scheme}://{host}/v2/", limit=100)
        session.close()


def test_no_answer_is_asked_for_again_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHeaders, "header_seconds", 0.5)
    with dripping(FIRST["header"], None) as host:
        registry = Registry(host=host, insecure_http=True, allow_private=True)
        session = Session(registry, host, Patience(deadline=time.monotonic() + 0.1))
        with pytest.raises(DeadlineExceeded):
            session.request("GET", f"http://{host}/v2/", limit=100)
        session.close()
