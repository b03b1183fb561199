"""The two Lambda entries: a batch of SQS messages, partial failures, and direct invocations."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.harness.analyses import digest
from tests.harness.rows import execute, one
from tests.harness.transitions import World

from archive import handler, schedule
from archive.bundle import verify
from archive.dependencies import open_services
from archive.transitions import carry_out
from cargohold.contracts import AnalysisReady, ScheduledRun
from cargohold.database.connection import Database
from cargohold.errors import InvalidMessage, StoreUnavailable
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import ArchiveSettings, load


@dataclass
class Context:
    function_name: str = "archive"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:archive"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture
def world(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(database, database_url, MemoryStore(), MemoryStore())
    monkeypatch.setattr(handler, "services", world.services)
    monkeypatch.setattr(schedule, "services", lambda: (world.services().database, world.messenger))
    yield world
    world.close()


def batch(*bodies: Any) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": str(number), "body": body if isinstance(body, str) else body.model_dump_json()}
            for number, body in enumerate(bodies)
        ]
    }


def test_what_fails_for_good_is_consumed_and_the_rest_is_tried_again(world: World) -> None:
    world.push(image=digest("good"))
    world.push(image=digest("later"))
    published = world.messenger.publish

    def publish(event: Any) -> None:
        if event.image == digest("later"):
            raise StoreUnavailable(store="bus", reason="it is switched off")
        published(event)

    world.messenger.publish = publish  # type: ignore[method-assign]
    answer = handler.handle(
        batch(
            world.request(Transition.ARCHIVE, image=digest("good")),
            "not json",
            world.request(Transition.ARCHIVE, image=digest("unknown")),
            world.request(Transition.ARCHIVE, image=digest("later")),
        ),
        Context(),
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "3"}]}
    assert world.status(digest("good")) == (None, "archived")


def test_a_request_and_a_run_sent_directly(world: World) -> None:
    world.push()
    done = handler.handle(json.loads(world.request(Transition.ARCHIVE).model_dump_json()), Context())
    assert done["finished"]
    assert json.dumps(done)
    run = {"kind": "ScheduledRun", "job": "archive-continue"}
    assert handler.handle(run, Context()) == {"job": "archive-continue", "requested": 0}


def test_the_queue_carries_continuations(world: World) -> None:
    execute(world.database, "INSERT INTO archive_rule (name, rule) VALUES ('r', %s)", (_RULE,))
    world.push()
    answer = handler.handle(batch(ScheduledRun(job="archive-rules", hops=3)), Context())
    assert answer == {"batchItemFailures": []}
    world.settle()
    assert world.status() == (None, "archived")


def test_the_schedule_answers_a_dry_run_with_its_decisions(world: World) -> None:
    execute(world.database, "INSERT INTO archive_rule (name, rule) VALUES ('r', %s)", (_RULE,))
    world.push()
    answer = schedule.handle({"kind": "ScheduledRun", "job": "archive-rules", "dry_run": True}, Context())
    assert [decision["image"] for decision in answer["decisions"]] == [digest("image")]
    assert json.dumps(answer)
    assert not world.messenger.sent
    notification = {"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": "{}"}
    assert schedule.handle(notification, Context())["requested"] == 1


def test_the_schedule_takes_no_requests(world: World) -> None:
    with pytest.raises(InvalidMessage):
        schedule.handle(json.loads(world.request(Transition.ARCHIVE).model_dump_json()), Context())


def test_the_services_that_the_environment_names(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on one machine: documents and messages in Postgres, bundles in a directory."""
    environment = {
        "DATABASE_URL": database_url,
        "DATABASE_ROLE": "cargohold_archive",
        "OBJECT_STORE": "postgres:",
        "ARCHIVE_STORE": tmp_path.as_uri(),
        "MESSAGING": "database",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    services = open_services(load(ArchiveSettings))
    world = World(database, database_url, services.primary, services.archive)
    ready = world.push()
    carry_out(services, world.request(Transition.ARCHIVE))
    assert world.status() == (None, "archived")
    (bundle_file,) = tmp_path.rglob("*.tar.zst*")
    listed = subprocess.run(["tar", "--zstd", "-tf", bundle_file], check=True, capture_output=True, text=True).stdout
    assert listed.startswith("manifest.json")
    with bundle_file.open("rb") as file:  # as it lies there, with the notes of the store
        assert verify(iter(lambda: file.read(1 << 16), b""), "file").manifest.analysis_id == ready.analysis_id
    carry_out(services, world.request(Transition.RESTORE))
    sent = one(database, "SELECT body FROM message WHERE queue = 'persist'")
    world.persist(AnalysisReady.model_validate(sent))
    assert world.status() == ("active", "archived")
    assert world.in_primary(ready)
    services.database.close()


_RULE = '{"transition": "archive", "analysis_age_days": 1}'


def test_an_audit_goes_by_the_queue_to_the_function_that_has_the_stores(world: World) -> None:
    world.push()
    world.do(Transition.ARCHIVE)
    execute(world.database, "UPDATE archived_image SET archived_at = now() - interval '1 day'")
    run = {"kind": "ScheduledRun", "job": "archive-audit", "execution_id": "weekly"}
    assert schedule.handle(run, Context()) == {"job": "archive-audit"}
    ((queue, message),) = world.messenger.sent
    assert queue == "archive"
    assert handler.handle(batch(message), Context()) == {"batchItemFailures": []}
    assert one(world.database, "SELECT whole FROM archive_audit WHERE finished_at IS NOT NULL") == 1
