"""Receive registry notifications and analyze what they name.

Listens on the loopback address for `POST /hooks/{registry}/{token}`, as the deployed hook does, and
handles the messages that follow. Registries and their tokens are in the registries document
(`cargohold registries` shows where it is).
"""

import argparse
import signal
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cargohold_cli.output import say

IDLE = 0.5  # seconds between looks at the queues


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--port", type=int, default=8087, help="port to listen on (default 8087)")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from cargohold_cli import loop
    from cargohold_cli.worker import work

    queues = loop.messenger()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with ThreadingHTTPServer(("127.0.0.1", options.port), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        say(f"listening on http://127.0.0.1:{server.server_port}/hooks/ — stop with Ctrl-C")
        try:
            while not stopped.is_set():
                if not work(queues):
                    stopped.wait(IDLE)
        finally:
            server.shutdown()
    return 0


class Hook(BaseHTTPRequestHandler):
    """Passes a request to the hook's handler as the event that an HTTP API would send."""

    timeout = 30
    limit = 4 << 20  # bytes of body, more than the handler accepts: it answers what is too much

    def do_POST(self) -> None:
        """Answer one notification."""
        from intake.handler import handle

        size = int(self.headers.get("Content-Length") or 0)
        if size > self.limit:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        answer = handle(http_event("POST", self.path, dict(self.headers), self.rfile.read(size)), None)
        body = answer.get("body", "").encode()
        self.send_response(answer["statusCode"])
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- the base class's name
        """Say nothing: the path of a request holds its token."""


def http_event(method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return a request in the payload format 2.0 of API Gateway's HTTP APIs."""
    import base64

    return {
        "version": "2.0",
        "routeKey": f"{method} /hooks/{{registry}}/{{token}}",
        "rawPath": path.partition("?")[0],
        "rawQueryString": path.partition("?")[2],
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": path.partition("?")[0], "sourceIp": "127.0.0.1"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
