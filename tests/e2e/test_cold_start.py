"""What each deployed function takes before its first answer, and what it leaves until then.

`COLD_STARTS=5` measures five environments of each function and prints the quickest.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.harness import registry
from tests.harness.cold_start import ColdStart, measure
from tests.harness.deployment import Deployment, hook_event

from cargohold.contracts import AnalyzeRequest, ReconcileRun, Reference, TransitionRequest
from cargohold.lifecycle import Transition
from cargohold_cli import sample
from cargohold_cli.web import http_event

pytestmark = pytest.mark.slow

STARTS = int(os.environ.get("COLD_STARTS", "1"))
LIMIT = 10  # seconds that Lambda gives an initialisation; here its first invocation has to fit in, too
# Nothing that an invocation may not need, and no connection: who waits for an answer to a `401` pays for neither.
LATER = {"aws_xray_sdk", "boto3", "botocore.session", "requests", "swiftclient"}
STARTED = f"""
import importlib, os, sys
importlib.import_module(sys.argv[1])
opened = [os.path.realpath(entry.path) for entry in os.scandir("/proc/self/fd")]
print(sorted({LATER} & set(sys.modules)), [name for name in opened if "socket:" in name])
"""


class Events:
    """What each function gets, twice the same work, made when it is due."""

    def __init__(self, deployment: Deployment, source: registry.Registry, directory: Path) -> None:
        self._deployment, self._source = deployment, source
        deployment.invoke("MigrateFunction", {})
        source.push(sample.build(directory), "shop/checkout:1.0")
        for headers, body in source.told():
            self._notification = hook_event(headers, body)
            deployment.invoke("IntakeFunction", self._notification)
        deployment.drain()
        (image,) = self._images()
        self._image = image["digest"]

    def of(self, function: str) -> Callable[[], Any]:
        """Return what makes the next event of a function."""
        run = ReconcileRun(registry=self._source.host).model_dump(mode="json")
        listing = http_event("GET", "/v1/images", {}, b"")
        made: dict[str, Callable[[], Any]] = {
            "AnalyzeFunction": self._analysis,
            "ApiFunction": lambda: listing,
            "ArchiveFunction": self._archive,
            "ArchiveScheduleFunction": lambda: self._input("ArchiveRules"),
            "IntakeFunction": lambda: self._notification,
            "MigrateFunction": dict,
            "PersistFunction": self._documents,
            "PersistScheduleFunction": lambda: self._input("Collect"),
            "ReconcileFunction": lambda: run,
        }
        return made[function]

    def _images(self) -> list[dict[str, Any]]:
        status, page = self._deployment.request("GET", "/v1/images")
        assert status == 200
        items: list[dict[str, Any]] = page["items"]
        return items

    def _input(self, schedule: str) -> Any:
        return json.loads(self._deployment.schedules[schedule]["Input"])

    def _analysis(self) -> dict[str, Any]:
        reference = Reference(registry=self._source.host, repository="shop/checkout", tag="1.0")
        return AnalyzeRequest(reference=reference, force=True).model_dump(mode="json")

    def _documents(self) -> dict[str, Any]:
        """Return the message about an analysis that is not persisted yet."""
        self._deployment.drain()
        self._deployment.invoke("AnalyzeFunction", self._analysis())
        ready = next(one for one in self._deployment.wiring.take("PersistQueue") if one["kind"] == "AnalysisReady")
        return dict(ready)

    def _archive(self) -> dict[str, Any]:
        """Return the request to archive the image, which is brought back where it is in the archive."""
        if not self._images():
            self._deployment.request("POST", f"/v1/archives/{self._image}/restore")
        self._deployment.drain()
        request = TransitionRequest(image=self._image, transition=Transition.ARCHIVE, request_id=uuid4())
        return request.model_dump(mode="json")


@pytest.fixture(scope="module")
def events(deployment: Deployment, source: registry.Registry, tmp_path_factory: pytest.TempPathFactory) -> Events:
    return Events(deployment, source, tmp_path_factory.mktemp("image") / "layout")


def test_every_function_starts_within_lambdas_limits(deployment: Deployment, events: Events) -> None:
    """Prints the table of docs/benchmarks.md."""
    rows: dict[str, ColdStart] = {}
    for function in sorted(deployment.shapes):
        starts = [measure(deployment, function, events.of(function)) for _start in range(STARTS)]
        rows[function] = min(starts, key=lambda start: start.init + start.first)
    for function, row in rows.items():
        memory = deployment.shapes[function].memory
        figures = f"{row.processor:.2f} | {row.init:.2f} | {row.first:.2f} | {row.second:.2f}"
        print(f"\n| {function} | {memory} | {figures} |", end="")  # noqa: T201

    # Reckoned from processor time: others may use the machine.
    assert {function: row for function, row in rows.items() if row.processor / row.share > LIMIT} == {}


def test_an_initialisation_opens_no_connection_and_leaves_the_largest_modules(deployment: Deployment) -> None:
    python = ("env", "PYTHONPATH=/opt/python:/var/runtime", "/var/lang/bin/python3.13", "-B", "-c", STARTED)
    for function, shape in deployment.shapes.items():
        module = shape.handler.rpartition(".")[0]
        assert (function, deployment.environment_of(function).execute(*python, module)) == (function, "[] []")
