"""Traces: one subsegment for each invocation, sent to the X-Ray daemon that Lambda runs beside a function.

The daemon takes a header line and a subsegment document in a datagram, and never answers
(docs.aws.amazon.com/xray/latest/devguide: "Sending trace data to X-Ray", "X-Ray segment documents").
Importing aws-xray-sdk for this would take longer than everything else that most functions import.
"""

import json
import os
import socket
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

_HEADER = b'{"format": "json", "version": 1}\n'
_TRACE = "_X_AMZN_TRACE_ID"  # Lambda sets it for each invocation
_DAEMON = "AWS_XRAY_DAEMON_ADDRESS"

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def traced(handler: Handler) -> Handler:
    """Return a handler whose invocations leave a subsegment: how long, whether an environment's first, how it failed.

    Nothing of events, answers or error messages is in it. Where there is no daemon (the command, tests, `sam local`),
    or the invocation is not sampled, nothing is sent.
    """
    is_first = True

    @wraps(handler)
    def measured(event: dict[str, Any], context: Any) -> dict[str, Any]:
        nonlocal is_first
        started, cold, error = time.time(), is_first, ""
        is_first = False
        try:
            return handler(event, context)
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            _send(f"## {handler.__name__}", started, cold=cold, error=error)

    return measured


def _send(name: str, started: float, *, cold: bool, error: str) -> None:
    trace = dict(part.partition("=")[::2] for part in os.environ.get(_TRACE, "").split(";"))
    address = _udp(os.environ.get(_DAEMON, ""))
    if address is None or trace.get("Sampled") != "1" or not {"Root", "Parent"} <= set(trace):
        return
    document: dict[str, Any] = {
        "type": "subsegment",
        "name": name,
        "id": os.urandom(8).hex(),
        "trace_id": trace["Root"],
        "parent_id": trace["Parent"],
        "start_time": started,
        "end_time": time.time(),
        "annotations": {"ColdStart": cold, "Service": "cargohold"},
    }
    if error:
        exception = {"id": os.urandom(8).hex(), "type": error}
        document |= {"fault": True, "cause": {"working_directory": str(Path.cwd()), "exceptions": [exception]}}
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
            daemon.setblocking(False)
            daemon.sendto(_HEADER + json.dumps(document).encode(), address)
    except OSError:
        return  # a trace is not worth an invocation


def _udp(address: str) -> tuple[str, int] | None:
    """Return the daemon's address for datagrams: of `host:port`, or of `tcp:host:port udp:host:port`."""
    chosen = next((part.removeprefix("udp:") for part in address.split() if not part.startswith("tcp:")), "")
    host, _, port = chosen.rpartition(":")
    return (host, int(port)) if host and port.isdigit() else None
