"""A deployed function as one warm execution environment: the built package in a container, as Lambda confines it.

The root is read-only, memory and /tmp have the template's sizes, code and layers are mounted where Lambda has them.
Lambda's own emulator (RIE) speaks HTTP before the runtime interface client. It crashes on invocations at the same
time, so an environment takes one after the other, as a real one does.
"""

import http.client
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness import lambda_image
from tests.harness.docker import Engine
from tests.harness.registry import free_port

_PATH = "/2015-03-31/functions/function/invocations"
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_READY_SECONDS = 300


class InvocationFailed(Exception):
    """The function raised, ran out of time or memory, or its environment died; the text says what came back."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A function as the template has it. Sizes in MiB, time in seconds."""

    package: Path
    handler: str
    memory: int
    timeout: int
    storage: int
    environment: Mapping[str, str]


@dataclass
class Container:
    """One execution environment of a function. `mounts` are host directories by their path inside.

    `processors` is how much of them it may use, all without it. `verbose` has the emulator log what takes how long.
    """

    engine: Engine
    name: str
    shape: Shape
    layers: Path
    mounts: Mapping[str, Path] = field(default_factory=dict)
    processors: float = 0
    verbose: bool = False
    port: int = 0
    identifier: str = ""
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start the environment; the function's own initialisation happens at the first invocation."""
        shape = self.shape
        self.port, runtime_port = free_port(), free_port()
        # What runs here is root without its rights: Lambda's functions have none either.
        command = ["run", "--detach", "--network", "host", "--read-only", "--security-opt", "no-new-privileges"]
        # As much swap as memory is none: what takes more is killed.
        command += ["--memory", f"{shape.memory}m", "--memory-swap", f"{shape.memory}m"]
        command += ["--cpus", f"{self.processors:.2f}"] if self.processors else []
        command += ["--tmpfs", f"/tmp:rw,exec,mode=1777,size={shape.storage}m"]
        command += ["--volume", f"{shape.package}:/var/task:ro", "--volume", f"{self.layers}:/opt:ro"]
        for inside, outside in self.mounts.items():
            command += ["--volume", f"{outside}:{inside}"]
        given = {
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(shape.timeout),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(shape.memory),
        }
        for name, value in {**shape.environment, **given}.items():
            command += ["--env", f"{name}={value}"]
        command += ["--entrypoint", "/usr/local/bin/aws-lambda-rie", lambda_image.ensure(self.engine)]
        command += ["--log-level", "info" if self.verbose else "warn"]
        command += ["--runtime-interface-emulator-address", f"127.0.0.1:{self.port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{runtime_port}", "/var/runtime/bootstrap", shape.handler]
        self.identifier = self.engine.run(*command)
        self._wait()

    def invoke(self, event: Any) -> Any:
        """Return the function's answer. Raises `InvocationFailed`."""
        with self._turn:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.shape.timeout + 30)
            try:
                connection.request("POST", _PATH, json.dumps(event))
                body = connection.getresponse().read().decode()
            except (OSError, http.client.HTTPException) as error:
                raise InvocationFailed(f"{self.name}: {error!r}") from error
            finally:
                connection.close()
        try:
            answer = json.loads(body)
        except ValueError:
            raise InvocationFailed(f"{self.name}: {body[:500]}") from None
        if isinstance(answer, dict) and "errorMessage" in answer:
            raise InvocationFailed(f"{self.name}: {answer['errorMessage']}")
        return answer

    def kill(self) -> None:
        """End the environment at once, whatever it does."""
        if self.identifier:
            self.engine.run("rm", "--force", self.identifier)
            self.identifier = ""

    def restart(self) -> None:
        """Kill the environment and start another in its place."""
        self.kill()
        self.start()

    def execute(self, *command: str) -> str:
        """Run a command inside and return its output."""
        return self.engine.run("exec", self.identifier, *command)

    def log(self) -> str:
        """Return what the function wrote to its log, standard output and error."""
        return self.engine.logs(self.identifier)

    def peak(self) -> float:
        """Return the most memory that the function's process had resident so far, in MiB."""
        found = [_PEAK.search((process / "status").read_text()) for process in self._processes()]
        return max(int(match[1]) for match in found if match) / 1024

    def processor_seconds(self) -> float:
        """Return the processor time that all processes inside took so far."""
        counted = [(process / "stat").read_text().rpartition(")")[2].split()[11:13] for process in self._processes()]
        return sum(int(ticks) for times in counted for ticks in times) / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> list[Path]:
        return [Path("/proc", process) for process in self.engine.run("top", self.identifier, "-eo", "pid").split()[1:]]

    def _wait(self) -> None:
        until = time.monotonic() + _READY_SECONDS
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/")
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise AssertionError(f"{self.name} does not start: {self.log()[-2000:]}") from None
                time.sleep(0.05)
            else:
                return
            finally:
                connection.close()
