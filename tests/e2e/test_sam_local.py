"""`sam local invoke` of each function, against a real Postgres, a real registry and real stores."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.harness import registry
from tests.harness.docker import Engine
from tests.harness.forward import forwarded
from tests.harness.postgres import PostgresServer
from tests.harness.sam import ROOT, Local
from tests.harness.sam_world import World

from cargohold.contracts import AnalyzeRequest, Reference, ScheduledRun, TransitionRequest
from cargohold.database.migrate import migrations
from cargohold.lifecycle import Transition
from cargohold_cli import sample

pytestmark = pytest.mark.slow


@pytest.fixture
def world(functions: Local, postgres: PostgresServer, tmp_path: Path) -> Any:
    with postgres.new_database() as url:
        yield World(functions, url, tmp_path)


def batch(*messages: dict[str, Any]) -> dict[str, Any]:
    """Return messages as the event that Lambda makes of an SQS queue."""
    records = [
        {
            "messageId": str(uuid4()),
            "receiptHandle": str(number),
            "body": json.dumps(message),
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
        }
        for number, message in enumerate(messages)
    ]
    return {"Records": records}


def test_migrate_brings_an_empty_database_to_the_schema(
    functions: Local, postgres: PostgresServer, tmp_path: Path
) -> None:
    with postgres.new_database(migrated=False) as url:
        world = World(functions, url, tmp_path)
        everything = [migration.version for migration in migrations()]

        assert world.invoke("MigrateFunction", {}) == {"applied": everything, "version_keys": 0}
        assert world.invoke("MigrateFunction", {}) == {"applied": [], "version_keys": 0}


def test_an_image_is_analyzed_persisted_archived_and_restored(world: World, engine: Engine, tmp_path: Path) -> None:
    layout = sample.build(tmp_path / "layout")
    nothing_failed: dict[str, Any] = {"batchItemFailures": []}

    # A pushed image becomes documents, and a message to persist.
    data = tmp_path / "registry"
    data.mkdir()
    with registry.running(data) as source, forwarded(engine.gateway(), int(source.host.rpartition(":")[2])) as host:
        source.push(layout, "shop/checkout:1.0")
        world.tell_registries([{"host": host, "insecure_http": True, "allow_private": True}])
        request = AnalyzeRequest(reference=Reference(registry=host, repository="shop/checkout", tag="1.0"))
        assert world.invoke("AnalyzeFunction", batch(request.model_dump(mode="json"))) == nothing_failed
    documents = world.stored("objects")
    results = world.take("persist")
    assert [result["kind"] for result in results] == ["AnalysisStarted", "AnalysisReady"]
    assert world.stored("cache"), "the layer cache stays empty"
    image = results[-1]["image"]
    digest = bytes.fromhex(image.removeprefix("sha256:"))

    # Documents become rows, and users hear of it.
    assert world.invoke("PersistFunction", batch(*results)) == nothing_failed
    assert world.query("SELECT status FROM image WHERE digest = %s", digest) == [("active",)]
    assert world.query("SELECT tag FROM reference WHERE registry = %s", host) == [("1.0",)]
    (analyzed,) = world.take("bus")
    assert (analyzed["kind"], analyzed["image"]) == ("ImageAnalyzed", image)
    assert analyzed["packages"] > len(sample.DEBIAN_PACKAGES)

    # The API knows it, and makes an SBOM of its documents.
    asked = json.loads((ROOT / "events" / "api-images.json").read_text(encoding="utf-8"))
    listed = world.invoke("ApiFunction", asked)
    assert (listed["statusCode"], listed["headers"]["Content-Type"]) == (200, "application/json")
    assert [found["digest"] for found in json.loads(listed["body"])["items"]] == [image]
    sbom = {"rawPath": f"/v1/images/{image}/sbom", "rawQueryString": "", "queryStringParameters": {}}
    rendered = world.invoke("ApiFunction", asked | sbom)
    assert rendered["headers"]["Content-Encoding"] == "gzip"
    assert b"openssl" in gzip.decompress(base64.b64decode(rendered["body"]))

    # The analysis moves to the archive, and nothing of it stays behind.
    archive = TransitionRequest(image=image, transition=Transition.ARCHIVE, request_id=uuid4())
    answer = world.invoke("ArchiveFunction", archive.model_dump(mode="json"))
    assert answer == {"image": image, "transition": "archive", "finished": True}
    assert world.query("SELECT count(*) FROM image") == [(0,)]
    assert world.query("SELECT status FROM archived_image WHERE digest = %s", digest) == [("archived",)]
    assert not [key for key in world.stored("objects") if "analyses" in key]
    assert world.stored("archive")
    assert [event["kind"] for event in world.take("bus")] == ["ImageArchived"]

    # And back, byte for byte.
    restore = TransitionRequest(image=image, transition=Transition.RESTORE, request_id=uuid4())
    assert world.invoke("ArchiveFunction", batch(restore.model_dump(mode="json"))) == nothing_failed
    (ready,) = world.take("persist")
    assert (ready["kind"], ready["origin"]) == ("AnalysisReady", "restore")
    assert world.invoke("PersistFunction", ready) == nothing_failed
    assert world.query("SELECT status FROM image WHERE digest = %s", digest) == [("active",)]
    restored = world.stored("objects")
    # The announcement is no document: what it said is in the bundle, which stays.
    before = {key for key in documents if "analyses" in key and not key.endswith("/announcement~")}
    assert before == {key for key in restored if "analyses" in key}

    # What is scheduled runs, and a dry run changes nothing.
    run = ScheduledRun(job="archive-rules", dry_run=True)
    report = world.invoke("ArchiveScheduleFunction", run.model_dump(mode="json"))
    assert (report["job"], report["dry_run"], report["requested"]) == ("archive-rules", True, 0)
    assert world.invoke("ArchiveScheduleFunction", ScheduledRun(job="archive-continue").model_dump(mode="json"))
    assert set(world.invoke("PersistScheduleFunction", {}).values()) == {0}


def test_a_notification_and_what_it_missed_become_requests(world: World, engine: Engine, tmp_path: Path) -> None:
    layout = sample.build(tmp_path / "layout")
    data = tmp_path / "registry"
    data.mkdir()
    with registry.running(data) as source, forwarded(engine.gateway(), int(source.host.rpartition(":")[2])) as host:
        source.push(layout, "team/app:1.0")
        notification = json.loads((ROOT / "events" / "distribution-push.json").read_text(encoding="utf-8"))
        hook = {"token": notification["pathParameters"]["token"], "authorization": "Bearer notification-secret"}
        entry = {"name": "example", "host": host, "insecure_http": True, "allow_private": True, "hook": hook}
        world.tell_registries([entry])

        assert world.invoke("IntakeFunction", notification) == {"statusCode": 202}
        (pushed,) = world.take("analyze")
        assert (pushed["reference"]["registry"], pushed["reference"]["tag"]) == (host, "1.1")
        assert world.invoke("IntakeFunction", notification | {"headers": {}}) == {"statusCode": 401}

        schedule = json.loads((ROOT / "events" / "schedule-reconcile.json").read_text(encoding="utf-8"))
        due = world.invoke("ReconcileFunction", schedule)["registries"]
        assert host in due
        run = next(message for message in world.take("reconcile") if message["registry"] == host)
        found = world.invoke("ReconcileFunction", run)
        assert (found["missed"], found["error"], found["cursor"]) == (1, "", "")
        (missed,) = world.take("analyze")
        assert (missed["reference"]["tag"], missed["reason"]) == ("1.0", "reconcile")


def test_a_message_that_may_succeed_later_is_given_back(functions: Local, tmp_path: Path) -> None:
    nobody = tmp_path / "nobody"
    nobody.mkdir()
    world = World(functions, f"postgresql:///cargohold?host={nobody}", tmp_path)
    event = batch(json.loads((ROOT / "events" / "reference-removed.json").read_text(encoding="utf-8")))

    answer = world.invoke("PersistFunction", event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
