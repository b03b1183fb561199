"""A push to a real registry goes through every deployed function, to the archive and back.

The functions are the built packages in containers confined as Lambda confines them, with the template's settings;
SQS, EventBridge, S3 and Secrets Manager are moto's, the registry and Postgres are real.
"""

import base64
import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness import registry
from tests.harness.containers import Container
from tests.harness.deployment import CONSUMERS, Deployment, hook_event
from tests.harness.sam import ROOT
from tests.harness.wiring import OBSERVED

from cargohold_cli import sample
from cargohold_cli.web import http_event

pytestmark = pytest.mark.slow

IMPORTS = "import time; a = time.perf_counter(); import {}; print(time.perf_counter() - a)"
APART = """
import gzip
from analyze.layer.apart import ProcessStages
from analyze.limits import DEFAULT
stages = ProcessStages([gzip.compress(bytes(1 << 23))], "layer", DEFAULT, None, compares=True)
total = sum(map(len, stages))
print(total, stages.verified().diff_id)
stages.close()
"""


def notify(deployment: Deployment, source: registry.Registry) -> None:
    """Hand the registry's notifications to the hook as the HTTP API would."""
    for headers, body in source.told():
        assert deployment.invoke("IntakeFunction", hook_event(headers, body))["statusCode"] == 202


def kinds(deployment: Deployment) -> list[str]:
    """Return what was published on the bus since the last look."""
    return [event["detail-type"] for event in deployment.wiring.take(OBSERVED)]


def test_a_push_is_analyzed_asked_for_archived_and_restored(
    deployment: Deployment, source: registry.Registry, tmp_path: Path
) -> None:
    assert deployment.invoke("MigrateFunction", {})["applied"]
    source.push(sample.build(tmp_path / "image"), "shop/checkout:1.0")

    # Notification, hook, queue, analysis, documents, queue, rows, bus.
    notify(deployment, source)
    assert deployment.wiring.waiting("AnalyzeQueue") == 1
    deployment.drain()
    assert kinds(deployment) == ["ImageAnalyzed"]
    status, page = deployment.request("GET", "/v1/images?repository=shop/checkout")
    assert (status, len(page["items"])) == (200, 1)
    image = page["items"][0]["digest"]
    assert any(deployment.cache.rglob("*")), "the layer cache stays empty"
    documents = deployment.stored("ObjectsBucket", "analyses/")
    # Who asked for the analysis is in the bundle as history, and comes back as rows.
    assert [documents.pop(key) for key in list(documents) if key.endswith("/announcement")]
    assert documents
    answer = deployment.invoke("ApiFunction", http_event("GET", f"/v1/images/{image}/sbom", {}, b""))
    content = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    assert b"openssl" in (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)

    # A rule, its schedule, and the move into the archive.
    rule = {"transition": "archive", "selector": {"repository": "shop/*"}, "analysis_age_days": 0}
    assert deployment.request("POST", "/v1/rules", {"name": "shop", "rule": rule})[0] in (200, 201)
    report = deployment.schedule("ArchiveRules")
    assert report["requested"] == 1, report
    deployment.drain()
    assert kinds(deployment) == ["ImageArchived"]
    assert deployment.request("GET", f"/v1/images/{image}")[0] == 404
    assert deployment.stored("ObjectsBucket", "analyses/") == {}
    assert len(deployment.stored("ArchiveBucket", "")) == 1

    # And back, byte for byte.
    assert deployment.request("POST", f"/v1/archives/{image}/restore")[0] == 202
    deployment.drain()
    assert kinds(deployment) == ["ImageRestored"]
    assert deployment.request("GET", f"/v1/images/{image}")[0] == 200
    assert deployment.stored("ObjectsBucket", "analyses/") == documents

    # What else is scheduled finds nothing to do.
    for schedule in ("ArchiveContinue", "ArchiveAudit", "Collect", "Reconcile"):
        deployment.schedule(schedule)
    deployment.drain()
    assert kinds(deployment) == []

    # Removals by EventBridge take the same way as ECR's: the rule of the template chooses the queue.
    ecr = json.loads((ROOT / "events" / "ecr-delete.json").read_text(encoding="utf-8"))
    entry = {"Source": ecr["source"], "DetailType": ecr["detail-type"], "Detail": json.dumps(ecr["detail"])}
    deployment.wiring.events.put_events(Entries=[entry])
    assert deployment.wiring.waiting("PersistQueue") == 1
    deployment.drain()
    assert dict(rest(deployment)) == {}


def rest(deployment: Deployment) -> Iterator[tuple[str, int]]:
    """Yield the queues that do not empty, with what is left, once the looks after transitions have come."""
    end = time.monotonic() + 60
    while any(map(deployment.wiring.waiting, CONSUMERS)) and time.monotonic() < end:
        time.sleep(0.5)
        deployment.drain()
    for queue in deployment.wiring.queues:
        if queue != OBSERVED and (left := deployment.wiring.waiting(queue)):
            yield queue, left


def test_the_environment_is_confined(deployment: Deployment) -> None:
    container = deployment.environment_of("AnalyzeFunction")
    with pytest.raises(RuntimeError, match="Read-only"):
        container.execute("touch", "/var/task/file")
    with pytest.raises(RuntimeError, match="Read-only"):
        container.execute("touch", "/file")
    size = int(container.execute("df", "--block-size=1M", "--output=size", "/tmp").split()[-1])
    assert size == container.shape.storage


def test_a_process_inflates_a_large_layer(deployment: Deployment) -> None:
    python = ("env", "PYTHONPATH=/opt/python:/var/runtime:/var/task", "/var/lang/bin/python3.13", "-B", "-c")
    digest = f"sha256:{hashlib.sha256(bytes(1 << 23)).hexdigest()}"
    assert deployment.environment_of("AnalyzeFunction").execute(*python, APART).split() == [str(1 << 23), digest]


def imported(container: Container, module: str) -> float:
    """Return the seconds that an import takes in a fresh interpreter of an environment, the best of three."""
    python = ("env", "PYTHONPATH=/opt/python:/var/runtime", "/var/lang/bin/python3.13", "-B", "-c")
    return min(float(container.execute(*python, IMPORTS.format(module))) for _ in range(3))


def test_memory_and_start_of_every_function(deployment: Deployment, source: registry.Registry) -> None:
    """Prints the table of docs/benchmarks.md; what takes half of its memory for a small image is too small."""
    rows = []
    baseline = imported(deployment.environment_of("AnalyzeFunction"), "boto3")
    for function in sorted(deployment.shapes):
        container = deployment.environment_of(function)
        seconds = imported(container, container.shape.handler.rpartition(".")[0])
        assert container.peak() < container.shape.memory / 2
        rows.append((function, container.shape.memory, container.peak(), seconds))
    print(f"\nimport boto3: {baseline:.2f} s")  # noqa: T201
    for function, memory, peak, seconds in rows:
        print(f"| `{function}` | {memory} | {peak:.0f} | {seconds:.2f} | {seconds / baseline:.1f} |")  # noqa: T201
