"""`sam build` and `sam local invoke` against the real template, in a real engine."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness import lambda_image
from tests.harness.docker import Engine

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
    finished = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=60)
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
    ) -> Any:
        """Invoke `function` in a fresh container and return its payload.

        Only variables that the template declares can be given. `sam` exits with 0 whatever the
        function does, so an answer that is no JSON, or carries an `errorMessage`, fails here.
        """
        image = lambda_image.ensure(self.engine)
        self.scratch.mkdir(parents=True, exist_ok=True)
        event_file, environment_file = self.scratch / "event.json", self.scratch / "environment.json"
        event_file.write_text(json.dumps(event))
        environment_file.write_text(json.dumps({function: dict(environment or {})}))
        command = [str(SAM_PYTHON), "-P", str(_WITH_MOUNTS), "local", "invoke", function]
        command += ["--template", str(self.template), "--event", str(event_file), "--skip-pull-image"]
        command += ["--env-vars", str(environment_file), "--invoke-image", image]
        command += ["--parameter-overrides", f"Architecture={architecture()}", "--no-memory-limit"]
        command += ["--layer-cache-basedir", str(self.scratch / "layers")]
        command += ["--add-host", f"host.docker.internal:{self.engine.gateway()}"]
        variables = _environment() | {
            "DOCKER_HOST": self.engine.host,
            "SAM_LOCAL_MOUNTS": ",".join(f"{source}:{target}" for source, target in (mounts or {}).items()),
        }
        finished = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300)
        try:
            payload = json.loads(finished.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise AssertionError(f"{function} gave no answer:\n{finished.stdout}\n{finished.stderr[-5000:]}") from None
        if isinstance(payload, dict) and "errorMessage" in payload:
            raise AssertionError(f"{function} failed: {payload}\n{finished.stderr[-5000:]}")
        return payload


def _environment() -> dict[str, str]:
    """Without credentials, of which sam would ask the network before it does anything."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }
