"""Blobs from servers that take their time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.errors import DeadlineExceeded
from cargohold.registry.blobs import PART, open_stream
from cargohold.registry.document import Registry
from cargohold.registry.http import Answer, Session
from cargohold.registry.patience import Patience

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


def test_a_layer_that_drips_ends_at_the_deadline(dripping: str, tmp_path: Path) -> None:
    pool = urllib3.PoolManager()

    def at(_: int) -> Answer:
        stream = pool.request("GET", dripping, preload_content=False, timeout=30)
        return Answer(stream.status, stream.headers, dripping, stream=stream)

    deadline = time.monotonic() + 1
    with (
        Scratch(tmp_path, "r", budget=0, memory=0) as scratch,
        open_stream(at, what="a blob", size=SIZE, patience=Patience(deadline=deadline)) as parts,
        pytest.raises(DeadlineExceeded),
    ):
        walk_layer(parts, blob_digest="", diff_id="", catalogers=(), limits=DEFAULT, scratch=scratch, deadline=deadline)
    pool.clear()


@pytest.mark.parametrize("limit", [SIZE, 100], ids=["longer than it may take", "short"])
def test_an_answer_that_drips_ends_at_the_deadline(dripping: str, limit: int) -> None:
    registry = Registry(host=urlsplit(dripping).netloc, insecure_http=True, allow_private=True)
    session = Session(registry, registry.host, Patience(deadline=time.monotonic() + 1))
    with pytest.raises(DeadlineExceeded):
        session.request("GET", dripping, limit=limit)
    session.close()
