"""`sam build` and `sam local invoke` against the real template, in a real engine."""

import json
import os
import platform
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness import lambda_image
from tests.harness.docker import Engine
from tests.harness.registry import free_port
from tests.harness.template import Stack

ROOT = Path(__file__).parents[2]
SAM_PYTHON = ROOT / ".sam" / "bin" / "python"
_WITH_MOUNTS = Path(__file__).with_name("sam_with_mounts.py")


def architecture() -> str:
    """Return this machine's architecture in Lambda's word."""
    return "arm64" if platform.machine() == "aarch64" else platform.machine()


def transformed(template: Path, region: str = "eu-central-1") -> dict[str, Any]:
    """Return the template as CloudFormation would get it, with conditions and intrinsics left in."""
    script = Path(__file__).with_name("sam_transform.py")
    command = [str(SAM_PYTHON), "-P", str(script), str(template), region]
    finished = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=600)
    if finished.returncode:
        raise AssertionError(finished.stderr)
    document: dict[str, Any] = json.loads(finished.stdout)
    return document


def build(directory: Path) -> Path:
    """Build functions and layers for this machine into `directory`; return the built template."""
    command = [str(SAM_PYTHON), "-m", "samcli", "build", "--build-dir", str(directory)]
    environment = _environment() | {"BUILD_ARCH": architecture(), "PYTHON": str(SAM_PYTHON)}
    environment["PATH"] = "/usr/bin:/bin"  # where Lambda's version of Python is not
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    if finished.returncode:
        raise AssertionError(f"sam build failed: {finished.stderr[-3000:]}")
    return directory / "template.yaml"


@dataclass(frozen=True, slots=True)
class Local:
    """Functions of one built template."""

    engine: Engine
    template: Path
    scratch: Path

    def invoke(
        self,
        function: str,
        event: Any,
        *,
        environment: Mapping[str, str] | None = None,
        mounts: Mapping[Path, str] | None = None,
        absent: Iterable[str] = (),
    ) -> Any:
        """Invoke `function` in a fresh container and return its payload.

        Only variables that the template declares can be given. `sam` exits with 0 whatever the
        function does, so an answer that is no JSON, or carries an `errorMessage`, fails here.
        `absent` are hosts that the function asks for and that are not there, so that nobody waits for their names.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        event_file = self.scratch / "event.json"
        event_file.write_text(json.dumps(event))
        command = self._command("invoke", {function: dict(environment or {})}, absent)
        command += [function, "--event", str(event_file), "--no-memory-limit"]
        variables = self._variables(mounts or {})
        # The image with the layers is the same for every function; the first invocation makes it.
        made = self.scratch / "image-made"
        variables |= {"SAM_LOCAL_IMAGE": "built"} if made.exists() else {}
        finished = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300)
        try:
            payload = json.loads(finished.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise AssertionError(f"{function} gave no answer:\n{finished.stdout}\n{finished.stderr[-5000:]}") from None
        made.touch()
        if isinstance(payload, dict) and "errorMessage" in payload:
            raise AssertionError(f"{function} failed: {payload}\n{finished.stderr[-5000:]}")
        return payload

    @contextmanager
    def serving(
        self,
        environment: Mapping[str, str],
        mounts: Mapping[Path, str],
    ) -> Iterator[str]:
        """Run `sam local start-api` with warm containers and yield its address."""
        port = free_port()
        declared = Stack(transformed(self.template)).of_type("AWS::Lambda::Function")
        names = [*(resource.name for resource in declared), "IntakeFunction"]
        command = self._command("start-api", {name: dict(environment) for name in names})
        command += ["--host", "127.0.0.1", "--port", str(port), "--warm-containers", "LAZY"]
        with (self.scratch / "api.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self._variables(mounts), stdout=log, stderr=log)
            try:
                self._wait(process, port)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()  # which removes its containers
                process.wait(600)

    def _wait(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        until = time.monotonic() + 300
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise AssertionError("sam local does not start") from None
                time.sleep(0.2)
            else:
                return

    def _command(
        self, kind: str, environment: Mapping[str, Mapping[str, str]], absent: Iterable[str] = ()
    ) -> list[str]:
        self.scratch.mkdir(parents=True, exist_ok=True)
        environment_file = self.scratch / f"environment-{kind}.json"
        environment_file.write_text(json.dumps(environment))
        command = [str(SAM_PYTHON), "-P", str(_WITH_MOUNTS), "local", kind, "--template", str(self.template)]
        command += ["--env-vars", str(environment_file), "--invoke-image", lambda_image.ensure(self.engine)]
        command += ["--parameter-overrides", f"Architecture={architecture()}", "--skip-pull-image"]
        command += ["--layer-cache-basedir", str(self.scratch / "layers")]
        hosts = {"host.docker.internal": self.engine.gateway(), **dict.fromkeys(absent, "127.0.0.1")}
        return [*command, *(part for host, address in hosts.items() for part in ("--add-host", f"{host}:{address}"))]

    def _variables(self, mounts: Mapping[Path, str]) -> dict[str, str]:
        lent = ",".join(f"{source}:{target}" for source, target in mounts.items())
        return _environment() | {"DOCKER_HOST": self.engine.host, "SAM_LOCAL_MOUNTS": lent}


def _environment() -> dict[str, str]:
    """Without credentials, of which sam would ask the network before it does anything."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }
