"""A real Docker engine: the machine's when it answers, else one of our own for the time of the tests."""

import ipaddress
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SYSTEM_SOCKET = Path("/var/run/docker.sock")


class DockerUnavailable(Exception):
    """No engine answers and none can be started; the text says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`host` is the value of DOCKER_HOST."""

    host: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.host}

    def run(self, *arguments: str, timeout: float = 300) -> str:
        """Run the docker client and return its output; raises `RuntimeError` with its messages."""
        finished = subprocess.run(
            ["docker", *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout
        )
        if finished.returncode:
            raise RuntimeError(f"docker {arguments[0]} failed: {finished.stderr[-2000:]}")
        return finished.stdout.strip()

    def logs(self, container: str) -> str:
        """Return what a container wrote to standard output and error."""
        command = ["docker", "logs", container]
        finished = subprocess.run(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
        )
        return finished.stdout

    def has_image(self, name: str) -> bool:
        return bool(self.run("image", "ls", "--quiet", name))

    def gateway(self) -> str:
        """The address under which containers reach services of this machine."""
        (config,) = json.loads(self.run("network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"))
        # An engine that has just made its bridge does not name the gateway; it is the first address (moby#26799).
        return config.get("Gateway") or str(next(ipaddress.ip_network(config["Subnet"]).hosts()))


@contextmanager
def engine(directory: Path) -> Iterator[Engine]:
    """Yield an engine; one that is started keeps its data under `directory` and ends with the block."""
    if host := os.environ.get("DOCKER_HOST"):
        yield Engine(host)
    elif _answers(_SYSTEM_SOCKET):
        yield Engine(f"unix://{_SYSTEM_SOCKET}")
    else:
        with _started(directory) as socket_path:
            yield Engine(f"unix://{socket_path}")


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.0 200")
    except OSError:
        return False


@contextmanager
def _started(directory: Path) -> Iterator[Path]:
    for program in ("docker", "dockerd"):
        if shutil.which(program) is None:
            raise DockerUnavailable(f"{program} is not installed (Debian: docker.io)")
    if os.geteuid() != 0:
        raise DockerUnavailable("starting dockerd needs root")
    if not any(Path("/sys/fs/cgroup", name).exists() for name in ("memory", "cgroup.controllers")):
        raise DockerUnavailable("no control groups are mounted under /sys/fs/cgroup")
    directory.mkdir(parents=True, exist_ok=True)
    path, log = directory / "docker.sock", directory / "dockerd.log"
    command = ["dockerd", "--data-root", str(directory / "data"), "--exec-root", str(directory / "exec")]
    command += ["--pidfile", str(directory / "dockerd.pid"), "--host", f"unix://{path}"]
    # The firewall stays as it is, so containers have no way out. Ports are published by a proxy process, which
    # needs the default bridge.
    command += ["--iptables=false", "--ip6tables=false"]
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        until = time.monotonic() + 300
        while not _answers(path):
            if daemon.poll() is not None or time.monotonic() > until:
                raise DockerUnavailable(f"dockerd did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield path
    finally:
        daemon.terminate()
        try:
            daemon.wait(600)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
