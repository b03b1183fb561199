"""A proxy between a client and a service, which does to some requests what networks and services do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3


class Fault(Enum):
    """What happens to a request."""

    NONE = "none"
    ERROR = "answers 500"
    BUSY = "answers 503"
    EXPIRED = "says that the credentials have expired"
    FORBIDDEN = "answers 403"
    SLOW = "does not answer in time"
    RESET = "hangs up"
    TRUNCATED = "hangs up in the middle of the body"
    WRONG = "changes a byte of the body"
    SHORT = "leaves out the end of the body, and says so"


@dataclass
class Faulty:
    """A running proxy. `fault` decides on each request, by method and path."""

    address: str
    fault: Callable[[str, str], Fault] = lambda *_: Fault.NONE
    requests: list[tuple[str, str]] = field(default_factory=list)
    slowness: float = 3.0
    expired: tuple[int, bytes] = (401, b"")

    def always(self, fault: Fault, *methods: str) -> None:
        """Do this to every request of these methods, or to all."""
        self.fault = lambda method, _: fault if not methods or method in methods else Fault.NONE

    def times(self, number: int, fault: Fault, *methods: str) -> None:
        """Do this to the next so many requests of these methods."""
        left = iter(range(number))

        def decide(method: str, path: str) -> Fault:
            return fault if method in methods and next(left, None) is not None else Fault.NONE

        self.fault = decide


@contextmanager
def between(upstream: str) -> Iterator[Faulty]:
    """Run a proxy in front of `upstream` (http://host:port)."""
    pool = urllib3.PoolManager(retries=False, maxsize=16)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            faulty.requests.append((self.command, self.path))
            fault = faulty.fault(self.command, self.path)
            if fault is Fault.SLOW:
                time.sleep(faulty.slowness)
            if fault in (Fault.SLOW, Fault.RESET):
                self.close_connection = True
                return
            simple = {Fault.ERROR: (500, b""), Fault.BUSY: (503, b""), Fault.FORBIDDEN: (403, b"")}
            simple[Fault.EXPIRED] = faulty.expired
            if fault in simple:
                self._answer(*simple[fault], {})
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            answer = pool.request(self.command, upstream + self.path, body=body, headers=headers, redirect=False)
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() not in ("connection", "content-length", "transfer-encoding")
            }
            length = None if self.command != "HEAD" else answer.headers.get("Content-Length")
            self._answer(answer.status, answer.data, kept, fault, length)

        def _answer(
            self,
            status: int,
            body: bytes,
            headers: dict[str, str],
            fault: Fault = Fault.NONE,
            length: str | None = None,
        ) -> None:
            if fault is Fault.WRONG and body:
                body = body[: len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1 :]
            if fault is Fault.SHORT:
                body = body[: len(body) // 2]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", length or str(len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            if fault is Fault.TRUNCATED:
                body = body[: len(body) // 2]
                self.close_connection = True
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- the base class's name
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: a client that hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    faulty = Faulty(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield faulty
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        pool.clear()
