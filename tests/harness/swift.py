"""A real OpenStack Swift on one directory, with its S3 API, and Keystone when it is asked for.

Account, container and object servers and proxies as plain processes of the environment `.swift`; no root,
no memcached, no daemons in the background (so what has expired is not found, but stays on the disk).
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.harness import swift_configuration as configuration
from tests.harness.registry import free_port
from tests.harness.sam import ROOT

PYTHON = ROOT / ".swift" / "bin" / "python"
USER, KEY = "test:tester", "testing"  # of auth version 1, and of the S3 API
PASSWORD = "correct horse battery"  # of Keystone's user admin
_START = 300  # seconds; several suites may share the machine


class SwiftMissing(Exception):
    """Swift is not installed, cannot run here, or does not start."""


@dataclass
class Swift:
    """A running node."""

    directory: Path
    proxy: str
    ports: dict[str, int]
    _stack: ExitStack
    _numbers: Iterator[int] = field(default_factory=count)
    _keystone: "Keystone | None" = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a user of auth version 1 sets."""
        return {"ST_AUTH": f"{self.proxy}/auth/v1.0", "ST_USER": USER, "ST_KEY": KEY}

    def new_container(self, name: str = "") -> str:
        """Make a container and return its name."""
        name = name or f"container-{next(self._numbers)}"
        url, token = self.sign_in()
        request(f"{url}/{name}", "PUT", {"X-Auth-Token": token})
        return name

    def sign_in(self) -> tuple[str, str]:
        """Return the account's URL and a token of auth version 1."""
        headers, _ = request(f"{self.proxy}/auth/v1.0", "GET", {"X-Auth-User": USER, "X-Auth-Key": KEY})
        return headers["x-storage-url"], headers["x-auth-token"]

    def names(self, container: str) -> list[str]:
        """List a container."""
        url, token = self.sign_in()
        _, body = request(f"{url}/{container}", "GET", {"X-Auth-Token": token})
        return body.decode().split()

    def headers(self, container: str, name: str) -> dict[str, str]:
        """Return what a HEAD of an object says."""
        url, token = self.sign_in()
        return request(f"{url}/{container}/{name}", "HEAD", {"X-Auth-Token": token})[0]

    def keystone(self) -> "Keystone":
        """Start Keystone, and a proxy that asks it, when first called; raises `SwiftMissing`."""
        if self._keystone is None:
            self._keystone = _keystone(self)
        return self._keystone


@dataclass
class Keystone:
    """A running Keystone, and the proxy whose users it knows."""

    address: str
    proxy: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a user with a password sets."""
        return {
            "OS_AUTH_URL": f"{self.address}/v3",
            "OS_USERNAME": "admin",
            "OS_PASSWORD": PASSWORD,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_ID": "default",
            "OS_REGION_NAME": configuration.REGION,
        }

    def sign_in(self) -> tuple[str, dict[str, Any]]:
        """Return an administrator's token, and what Keystone says of it."""
        user = {"name": "admin", "domain": {"id": "default"}, "password": PASSWORD}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        headers, body = self._call("POST", "/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
        return headers["x-subject-token"], json.loads(body)["token"]

    def new_container(self) -> str:
        """Make a container and return its name."""
        token, known = self.sign_in()
        name = f"container-{time.monotonic_ns()}"
        request(f"{self.proxy}/v1/AUTH_{known['project']['id']}/{name}", "PUT", {"X-Auth-Token": token})
        return name

    def application_credential(self) -> tuple[str, str]:
        """Make an application credential and return its id and its secret."""
        token, known = self.sign_in()
        path = f"/users/{known['user']['id']}/application_credentials"
        content = {"application_credential": {"name": f"test-{time.monotonic_ns()}"}}
        _, body = self._call("POST", path, content, token)
        made = json.loads(body)["application_credential"]
        return made["id"], made["secret"]

    def revoke(self, token: str) -> None:
        """End a token before its time."""
        mine, _ = self.sign_in()
        request(f"{self.address}/v3/auth/tokens", "DELETE", {"X-Auth-Token": mine, "X-Subject-Token": token})

    def announce(self) -> None:
        """Enter the proxy into the catalog of services."""
        token, _ = self.sign_in()
        _, body = self._call("POST", "/services", {"service": {"type": "object-store", "name": "swift"}}, token)
        endpoint = {"service_id": json.loads(body)["service"]["id"], "region_id": configuration.REGION}
        for interface in ("public", "internal"):
            url = f"{self.proxy}/v1/AUTH_%(project_id)s"
            self._call("POST", "/endpoints", {"endpoint": endpoint | {"interface": interface, "url": url}}, token)

    def _call(self, method: str, path: str, content: Any, token: str = "") -> tuple[dict[str, str], bytes]:
        headers = {"Content-Type": "application/json"} | ({"X-Auth-Token": token} if token else {})
        return request(f"{self.address}/v3{path}", method, headers, json.dumps(content).encode())


def request(url: str, method: str, headers: dict[str, str], body: bytes | None = None) -> tuple[dict[str, str], bytes]:
    """Send a request; return the answer's headers, in lower case, and its body."""
    asked = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 -- the node's own address
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
        return {name.lower(): value for name, value in answer.headers.items()}, answer.read()


@contextmanager
def running(directory: Path) -> Iterator[Swift]:
    """Run a node whose data lie in `directory`; raises `SwiftMissing`."""
    if not PYTHON.exists():
        raise SwiftMissing("Swift is not installed (make .swift/.ready)")
    ports = {name: free_port() for name in (*configuration.RINGS, "proxy")}
    try:
        configuration.write(directory, ports)
    except OSError as error:
        raise SwiftMissing(f"{directory} takes no extended attributes: {error.strerror}") from error
    rings = [
        str(PYTHON),
        "-P",
        str(Path(__file__).with_name("swift_rings.py")),
        str(directory / "etc"),
        json.dumps(ports),
    ]
    subprocess.run(rings, check=True, timeout=600)
    with ExitStack() as stack:
        for name, port in ports.items():
            _start(stack, directory, [f"swift-{name}-server", str(directory / "etc" / f"{name}-server.conf")], port)
        for port in ports.values():
            _wait(directory, port)
        yield Swift(directory, f"http://127.0.0.1:{ports['proxy']}", ports, stack)


def _keystone(swift: Swift) -> Keystone:
    directory = swift.directory
    keystone, proxy = free_port(), free_port()
    settings = configuration.write_keystone(directory, keystone)
    manage = [str(PYTHON.with_name("keystone-manage")), "--config-file", str(settings)]
    bootstrap = ["bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", configuration.REGION]
    for interface in ("public", "internal"):
        bootstrap += [f"--bootstrap-{interface}-url", f"http://127.0.0.1:{keystone}/v3"]
    for arguments in (["db_sync"], bootstrap):
        done = subprocess.run([*manage, *arguments], check=False, timeout=_START, capture_output=True, text=True)
        if done.returncode:
            raise SwiftMissing(f"keystone-manage {arguments[0]}: {done.stderr[-800:]}")
    configuration.write_keystone_proxy(directory, proxy, keystone, PASSWORD)
    serve = [str(Path(__file__).with_name("keystone_serve.py")), str(settings), str(keystone)]
    _start(swift._stack, directory, serve, keystone)
    _start(swift._stack, directory, ["swift-proxy-server", str(directory / "etc" / "keystone-proxy.conf")], proxy)
    _wait(directory, keystone)
    _wait(directory, proxy)
    found = Keystone(f"http://127.0.0.1:{keystone}", f"http://127.0.0.1:{proxy}")
    found.announce()
    return found


def _start(stack: ExitStack, directory: Path, command: list[str], port: int) -> None:
    program = command[0] if command[0].startswith("/") else str(PYTHON.with_name(command[0]))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with (directory / f"log-{port}").open("wb") as log:
        # -P, as the names of modules beside a script are also those of packages that it imports.
        command = [str(PYTHON), "-P", program, *command[1:]]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    stack.callback(_stop, process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(directory: Path, port: int) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end:
        with suppress(OSError):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthcheck", timeout=5).close()
            except urllib.error.HTTPError as error:
                error.close()
            return
        time.sleep(0.05)
    raise SwiftMissing((directory / f"log-{port}").read_text(errors="replace")[-800:])
