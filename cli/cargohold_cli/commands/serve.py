"""Answer the API and receive registry notifications, and do what they ask for.

Listens for `/v1/…`, the API (docs/api.md), and `POST /hooks/{registry}/{token}`, both as deployed, and
handles the messages that follow. Registries and the tokens of their hooks are in the registries document
(`cargohold registries` shows where it is). With CARGOHOLD_TOKEN set the API wants it as a bearer token;
without one only this machine is answered.
"""

import argparse
import os
import signal
import threading

from cargohold.errors import InvalidConfiguration
from cargohold_cli.output import say

IDLE = 0.5  # seconds between looks at the queues
LONGEST_BODY = 5 << 20  # bytes, more than any handler accepts: they answer what is too much
THREADS = 4
SHORTEST_TOKEN = 16  # characters


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--port", type=int, default=8087, help="port to listen on (default 8087)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1); another needs CARGOHOLD_TOKEN"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted. Raises `InvalidConfiguration` for an address that anyone may reach, without a token."""
    from waitress import create_server

    from cargohold_cli import loop
    from cargohold_cli.web import LOOPBACK, Application
    from cargohold_cli.worker import work

    token = os.environ.get("CARGOHOLD_TOKEN", "")
    if token and len(token) < SHORTEST_TOKEN:
        raise InvalidConfiguration(setting="CARGOHOLD_TOKEN", reason=f"it has fewer than {SHORTEST_TOKEN} characters")
    if options.host not in LOOPBACK and not token:
        raise InvalidConfiguration(setting="CARGOHOLD_TOKEN", reason=f"it is needed to listen on {options.host}")
    queues = loop.messenger()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    server = create_server(
        Application(token),
        host=options.host,
        port=options.port,
        threads=THREADS,
        max_request_body_size=LONGEST_BODY,
        channel_timeout=30,
        ident="",
    )
    threading.Thread(target=server.run, daemon=True).start()
    address = f"[{options.host}]" if ":" in options.host else options.host
    say(f"listening on http://{address}:{server.effective_port}/v1/ and /hooks/ — stop with Ctrl-C")
    try:
        while not stopped.is_set():
            if not work(queues):
                stopped.wait(IDLE)
    finally:
        server.close()
    return 0
