"""moto as a server of its own process: S3, SQS and EventBridge over real HTTP."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec


class MotoMissing(Exception):
    """moto's server is not installed or does not start."""


@contextmanager
def moto_server() -> Iterator[str]:
    """Run a server and yield its address; raises `MotoMissing`."""
    if find_spec("moto") is None:
        raise MotoMissing("moto is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise MotoMissing("moto's server does not start")
