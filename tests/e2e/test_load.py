"""Five hundred pushes of fifty images while everything fails: at the end nothing is lost, and every queue is empty.

The deployed functions run in warm containers as in `test_chain`. Only clocks are shorter than the template's: a
killed environment's message comes again after about a minute instead of sixteen, and is given up after three
receives instead of five. The registry, Postgres, the emulator and Docker are real; SQS, EventBridge and S3 are
moto's, and S3 fails by a proxy before it.
"""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.harness import registry
from tests.harness.deployment import CONSUMERS, TOKEN, deployed
from tests.harness.docker import Engine
from tests.harness.faulty_http import between
from tests.harness.forward import forwarded
from tests.harness.load import FAULTS, IMAGES, PUSHES, Stage, deliver, notifications, own_postgres, push_all
from tests.harness.wiring import OBSERVED

from cargohold.contracts import AnalyzeRequest, Reference
from cargohold.errors import LocalPostgresFailed

pytestmark = pytest.mark.slow

BURSTS = 5
SECONDS = 60  # of an invocation of analyze
RECEIVES = 3
SCRATCH = 64  # MiB of /tmp, so that it can be filled
PATIENCE = 1800  # seconds until the queues must be empty
MAPPINGS = {"AnalyzeQueue": 2, "PersistQueue": 2, "ArchiveQueue": 1}


@pytest.fixture
def stage(engine: Engine, built: Path, moto: str, tmp_path: Path) -> Iterator[Stage]:
    data = tmp_path / "registry"
    data.mkdir()
    variables = {"MAX_RECEIVES": str(RECEIVES)}
    with ExitStack() as stack:
        try:
            database = stack.enter_context(own_postgres())
        except LocalPostgresFailed as error:
            missing(str(error))
        store, source = stack.enter_context(between(moto)), stack.enter_context(registry.running(data))
        variables["AWS_ENDPOINT_URL_S3"] = store.address
        timeouts = {"AnalyzeFunction": SECONDS, "PersistFunction": SECONDS, "ArchiveFunction": SECONDS}
        with deployed(
            engine,
            built,
            moto,
            database.url,
            tmp_path,
            timeouts=timeouts,
            storage={"AnalyzeFunction": SCRATCH},
            variables=variables,
            visibility=SECONDS + 5,
            receives=RECEIVES,
        ) as deployment:
            away = f"127.0.0.1:{registry.free_port()}"
            absent = {"host": away, "insecure_http": True, "allow_private": True}
            deployment.tell_registries([source.entry(TOKEN), absent])
            deployment.invoke("MigrateFunction", {})
            yield Stage(deployment, database, store, source, away)


def settle(stage: Stage) -> None:
    """Wait until no queue has a message any more, visible, in flight or delayed."""
    wiring, end = stage.deployment.wiring, time.monotonic() + PATIENCE
    quiet = 0
    while quiet < 3:
        left = {queue: wiring.waiting(queue) for queue in CONSUMERS}
        quiet = quiet + 1 if not any(left.values()) else 0
        assert time.monotonic() < end, f"messages are left: {left}"
        time.sleep(1)


def test_nothing_is_lost(stage: Stage, tmp_path: Path) -> None:
    wiring = stage.deployment.wiring
    layouts = tmp_path / "layouts"
    layouts.mkdir()
    tags = push_all(stage, layouts)
    sent = notifications(stage)
    size = -(-len(sent) // BURSTS)

    started = time.monotonic()
    with stage.deployment.polling(MAPPINGS), ThreadPoolExecutor(1) as beside:
        faults = []
        for burst in range(BURSTS):
            deliver(stage, sent[burst * size : (burst + 1) * size])
            if burst == 0:
                # A registry that is away, an image that is not there, and what is no message at all.
                for host, tag in ((stage.away, "1"), (stage.source.host, "absent")):
                    request = AnalyzeRequest(reference=Reference(registry=host, repository="load/app", tag=tag))
                    url = wiring.queues["AnalyzeQueue"]
                    wiring.sqs.send_message(QueueUrl=url, MessageBody=request.model_dump_json())
                wiring.sqs.send_message(QueueUrl=wiring.queues["AnalyzeQueue"], MessageBody="no message")
                faults = [beside.submit(fault, stage) for fault in FAULTS]
        for fault in faults:
            fault.result()
        settle(stage)
    took = time.monotonic() - started
    dead = {queue: wiring.waiting(queue.replace("Queue", "Dlq")) for queue in CONSUMERS}
    print(f"\n{PUSHES} pushes of {IMAGES} images: {took:.0f} s; given up: {dead}")  # noqa: T201

    # What was given up is in the dead-letter queue, and says why in the database.
    assert dead["AnalyzeQueue"] >= 1, "the registry that is away"
    failed = stage.query("SELECT registry, tag, error_code FROM attempt WHERE status = 'analysis_failed' AND final")
    assert (stage.away, "1", "gave_up") in failed
    assert (stage.source.host, "absent", "image_not_found") in failed

    # The causes are gone, and the messages are moved back, as docs/redrive.md says.
    host, port = stage.away.split(":")
    with forwarded(host, int(stage.source.host.rpartition(":")[2]), int(port)):
        for queue in CONSUMERS:
            wiring.redrive(queue.replace("Queue", "Dlq"), queue)
        with stage.deployment.polling(MAPPINGS):
            settle(stage)

    # Every image is analysed once, with every tag that it was pushed under.
    status = dict(stage.query("SELECT 'sha256:' || encode(digest, 'hex'), status FROM image"))
    assert status == dict.fromkeys(tags.values(), "active")
    known = stage.query("SELECT registry, tag, 'sha256:' || encode(digest, 'hex') FROM reference WHERE tag <> ''")
    expected = {(stage.source.host, tag, digest) for tag, digest in tags.items()}
    assert set(known) == expected | {(stage.away, "1", tags["1"])}
    analyses = stage.query("SELECT count(*) FROM attempt WHERE status = 'analyzed' GROUP BY digest")
    assert [count for (count,) in analyses] == [1] * IMAGES
    finished = Counter(
        key.split("/")[1] for key in stage.deployment.stored("ObjectsBucket", "analyses/") if key.endswith("/analysis")
    )
    assert finished == Counter(set(tags.values()))
    told = {event["detail"]["image"] for event in wiring.take(OBSERVED) if event["detail-type"] == "ImageAnalyzed"}
    assert told == set(tags.values())

    assert [wiring.waiting(queue.replace("Queue", "Dlq")) for queue in CONSUMERS] == [0] * len(CONSUMERS)
