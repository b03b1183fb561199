"""Lends a service that listens on the loopback interface to containers, which do not reach that."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 1 << 16


@contextmanager
def forwarded(address: str, port: int, at: int = 0) -> Iterator[str]:
    """Forward connections to `address`:`at` (a free port for 0) to 127.0.0.1:`port`; yields where it listens."""
    with socket.create_server((address, at)) as server:
        threading.Thread(target=_accept, args=(server, port), daemon=True).start()
        yield f"{address}:{server.getsockname()[1]}"
        # Wakes the thread that waits in accept().
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, port: int) -> None:
    with suppress(OSError):  # the server was closed
        while True:
            client, _ = server.accept()
            threading.Thread(target=_relay, args=(client, port), daemon=True).start()


def _relay(client: socket.socket, port: int) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as target:
        back = threading.Thread(target=_copy, args=(target, client), daemon=True)
        back.start()
        _copy(client, target)
        back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # one side went away
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
