"""A relay before a Unix socket that cuts the connection after so many bytes from the client, or never."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 1 << 16


@dataclass
class Relay:
    """`left` bytes of all clients still pass; the next one cuts. None: no limit. `passed` counts them."""

    left: int | None = None
    passed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, data: bytes) -> bytes | None:
        """Return what of `data` may pass; None after the last byte."""
        with self.lock:
            if self.left is None:
                self.passed += len(data)
                return data
            if self.left == 0:
                return None
            part = data[: self.left]
            self.left -= len(part)
            self.passed += len(part)
            return part


@contextmanager
def cutting(upstream: Path, place: Path) -> Iterator[Relay]:
    """Relay connections to the socket `place` to `upstream`."""
    relay = Relay()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        threading.Thread(target=_accept, args=(server, upstream, relay), daemon=True).start()
        yield relay
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    place.unlink(missing_ok=True)


def _accept(server: socket.socket, upstream: Path, relay: Relay) -> None:
    with suppress(OSError):  # the server was closed
        while True:
            client, _ = server.accept()
            threading.Thread(target=_serve, args=(client, upstream, relay), daemon=True).start()


def _serve(client: socket.socket, upstream: Path, relay: Relay) -> None:
    with client, socket.socket(socket.AF_UNIX) as target, suppress(OSError):
        target.connect(str(upstream))
        back = threading.Thread(target=_copy, args=(target, client), daemon=True)
        back.start()
        while data := client.recv(_CHUNK):
            part = relay.take(data)
            if part:
                target.sendall(part)
            if part is None or len(part) < len(data):
                break
        for side in (client, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
        back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
