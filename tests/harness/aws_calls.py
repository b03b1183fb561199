"""One function as deployed, in a process of its own, and the AWS calls that its code makes.

A fresh process for each function: handlers keep clients and settings for the life of their environment.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TOLD = (
    "Bucket",
    "Key",
    "QueueUrl",
    "SecretId",
    "repositoryName",
    "EventBusName",
)  # parameters that name what is called on


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an SDK: `service` and `operation` as botocore names them, and the parameters that name resources."""

    service: str
    operation: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Invoked:
    """What a function answered to each event, and every call it made."""

    answers: list[Any]
    calls: list[Call]


class Context:
    """What Lambda tells an invocation of itself, as far as anything here asks."""

    function_name = "function"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id = "01234567-0123-0123-0123-0123456789ab"

    def __init__(self, lives_for: float) -> None:
        self._end = time.monotonic() + lives_for

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the seconds that it lives for."""
        return int(1000 * (self._end - time.monotonic()))


def invoke(handler: str, environment: Mapping[str, str], *events: Any, lives_for: float = 900) -> Invoked:
    """Invoke `module.function` with each event in one environment; an error of the handler fails here.

    Each invocation has `lives_for` seconds until its time-out.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with tempfile.TemporaryDirectory() as directory:
        asked, told = Path(directory, "events.json"), Path(directory, "told.json")
        asked.write_text(json.dumps(events))
        command = [sys.executable, "-m", __name__, handler, str(asked), str(told), str(lives_for)]
        finished = subprocess.run(command, env=kept | environment, capture_output=True, text=True, timeout=600)
        if finished.returncode:
            raise AssertionError(f"{handler}: {finished.stderr[-5000:]}")
        content = json.loads(told.read_text())
    return Invoked(content["answers"], [Call(**call) for call in content["calls"]])


def main(handler: str, asked: str, told: str, lives_for: str) -> None:
    """Invoke in this process, and write what came of it."""
    import boto3

    calls: list[dict[str, Any]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        named = {name: params[name] for name in _TOLD if name in params}
        named |= {name: entry[name] for entry in params.get("Entries", []) for name in _TOLD if name in entry}
        calls.append({"service": model.service_model.service_name, "operation": model.name, "parameters": named})

    boto3.setup_default_session()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("provide-client-params", note)
    module, _, name = handler.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    answers = [function(event, Context(float(lives_for))) for event in json.loads(Path(asked).read_text())]
    Path(told).write_text(json.dumps({"answers": answers, "calls": calls}, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
