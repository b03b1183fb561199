"""Blobs from servers that take their time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import urllib3

from cargohold.registry.blobs import PART, open_stream
from cargohold.registry.http import Answer, Patience

SIZE = 1 << 20


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends three bytes in a second, so that no read ever times out."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.3)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    thread.join(10)
    listener.close()


def test_a_server_that_drips_hides_no_deadline(dripping: str) -> None:
    pool = urllib3.PoolManager()

    def at(_: int) -> Answer:
        stream = pool.request("GET", dripping, preload_content=False, timeout=30)
        return Answer(stream.status, stream.headers, dripping, stream=stream)

    patience = Patience(deadline=time.monotonic() + 3600)
    started = time.monotonic()
    with open_stream(at, what="a blob", size=SIZE, patience=patience) as parts:
        first = next(parts)
    pool.clear()
    assert 0 < len(first) < PART
    assert time.monotonic() - started < 600  # on any machine; not the two days that a part of full size would take
