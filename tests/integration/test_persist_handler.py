"""The handler as Lambda calls it: real settings, a real database, messages in and events out."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from tests.harness.analyses import EPOCH, analysis_id, digest, package, pushed, store_analysis
from tests.harness.rows import execute, one

from cargohold.contracts import AnalysisFailed, AnalysisReady, AnalysisStarted
from cargohold.database.connection import Database
from cargohold.objects.open import open_store
from persist import handler, schedule
from persist.messages import parse

EVENTS = Path(__file__).parents[2] / "events"


class Context:
    function_name = "persist"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:persist"
    aws_request_id = "request"
    left = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    store = f"file://{tmp_path}/objects"
    for name, value in {
        "DATABASE_URL": database_url,
        "DATABASE_ROLE": "cargohold_persist",
        "OBJECT_STORE": store,
        "MESSAGING": "database",
        "POWERTOOLS_METRICS_NAMESPACE": "Cargohold",
    }.items():
        monkeypatch.setenv(name, value)
    handler.dependencies.cache_clear()
    yield store
    handler.dependencies().database.close()
    close = getattr(handler.dependencies().messenger, "close", None)
    if close:
        close()
    handler.dependencies.cache_clear()


def batch(*bodies: BaseModel | str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "eventSource": "aws:sqs",
                "attributes": {"ApproximateReceiveCount": "1"},
                "body": body if isinstance(body, str) else body.model_dump_json(),
            }
            for number, body in enumerate(bodies)
        ]
    }


def stored(store: str, minutes: float = 1, **fields: Any) -> AnalysisReady:
    at = EPOCH + timedelta(minutes=minutes)
    return store_analysis(
        open_store(store), digest("image"), analysis_id(at), [package("a")], references=(pushed(at),), **fields
    )


def failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_a_result_goes_in_and_an_event_comes_out(environment: str, database: Database) -> None:
    message = stored(environment)
    assert failed(handler.handle(batch(message), Context())) == []
    assert one(database, "SELECT package_count FROM image") == 1
    assert one(database, "SELECT body ->> 'kind' FROM message WHERE queue = 'bus'") == "ImageAnalyzed"


@pytest.mark.trap("B6")
def test_only_what_may_succeed_later_is_tried_again(environment: str, database: Database) -> None:
    good = stored(environment)
    broken = good.model_copy(update={"image": digest("other")})
    foreign = json.dumps({"source": "aws.ecr", "detail-type": "ECR Image Scan"})
    bodies = (good, broken, "not JSON", "{}", '{"kind": "AnalysisReady"}', "null", '"x"', foreign)
    assert failed(handler.handle(batch(*bodies), Context())) == []
    assert one(database, "SELECT count(*) FROM image") == 1
    execute(database, "ALTER TABLE image RENAME TO away")
    try:
        with pytest.raises(Exception, match="image"):
            handler.handle(batch(stored(environment, 2)), Context())
    finally:
        execute(database, "ALTER TABLE away RENAME TO image")
    handler.dependencies().database.close()
    with database.transaction() as cursor:
        cursor.execute("SELECT FROM image FOR UPDATE")
        handler.dependencies().database._timeouts = type(handler.dependencies().database._timeouts)(lock=1)
        assert failed(handler.handle(batch("{}", stored(environment, 2)), Context())) == ["m1"]
    assert failed(handler.handle(batch(stored(environment, 2)), Context())) == []


def test_raw_events_of_ecr_are_understood(environment: str, database: Database) -> None:
    event = json.loads((EVENTS / "ecr-delete.json").read_text())
    message = parse(event)
    assert message is not None
    assert parse(json.loads((EVENTS / "ecr-push.json").read_text())) is None, "a push is for analyze"
    removed_at = datetime.fromisoformat(event["time"])
    reference = message.reference.model_copy(update={"pushed_at": removed_at - timedelta(days=1)})
    handler.handle(batch(stored(environment).model_copy(update={"references": (reference,)})), Context())
    assert one(database, "SELECT removed_at FROM reference") is None
    assert failed(handler.handle(batch(json.dumps(event)), Context())) == []
    assert one(database, "SELECT removed_at FROM reference WHERE tag = 'latest'") == removed_at


def test_attempts_come_and_go(environment: str, database: Database) -> None:
    at = EPOCH + timedelta(minutes=3)
    who = {"reference": pushed(at), "analysis_id": analysis_id(at)}
    started = AnalysisStarted(**who, started_at=at, deadline=at + timedelta(minutes=15))
    failure = {**who, "error_code": "rate_limited", "error_message": "slow down"}
    now_and_then = AnalysisFailed(**failure, final=False, failed_at=at + timedelta(minutes=1))
    for_good = AnalysisFailed(**failure, final=True, failed_at=at + timedelta(minutes=5))
    superseding = AnalysisStarted(
        reference=pushed(at), analysis_id=analysis_id(at + timedelta(minutes=9)),
        started_at=at + timedelta(minutes=9), deadline=at + timedelta(minutes=15),
    )  # fmt: skip

    def events() -> int:
        return int(one(database, "SELECT count(*) FROM message WHERE queue = 'bus'"))

    handler.handle(batch(started, now_and_then), Context())
    assert one(database, "SELECT status, final, error_code FROM attempt") == ("analysis_failed", False, "rate_limited")
    assert events() == 0
    again = started.model_copy(update={"started_at": at + timedelta(minutes=4)})
    handler.handle(batch(again, now_and_then, started), Context())
    assert one(database, "SELECT status, error_code FROM attempt") == ("analyzing", "")
    handler.handle(batch(for_good, again), Context())
    assert one(database, "SELECT status, final FROM attempt") == ("analysis_failed", True)
    assert events() == 1
    handler.handle(batch(superseding, for_good), Context())
    assert events() == 1, "nobody hears of a failure that a newer attempt has overtaken"


def test_a_message_sent_directly(environment: str, database: Database) -> None:
    handler.handle(stored(environment).model_dump(mode="json"), Context())
    assert one(database, "SELECT count(*) FROM image") == 1


def test_the_daily_run_collects_and_stops_in_time(environment: str, database: Database) -> None:
    first = stored(environment)
    handler.handle(batch(first), Context())
    handler.handle(
        batch(
            store_analysis(open_store(environment), first.image, analysis_id(EPOCH + timedelta(hours=1)),
                           [package("b")], references=first.references)
        ),
        Context(),
    )  # fmt: skip
    short = Context()
    short.left = 10
    assert set(schedule.handle({}, short).values()) == {0}
    done = schedule.handle({}, Context())
    assert (done["sets"], done["swept_analyses"]) == (1, 1), "the superseded analysis is older than any message"
    assert one(database, "SELECT count(*) FROM package_set") == 1


@pytest.mark.parametrize(
    "name", ["analysis-failed", "analysis-ready", "analysis-started", "reference-removed", "ecr-delete"]
)
def test_the_samples_are_understood(name: str) -> None:
    assert parse((EVENTS / f"{name}.json").read_text()) is not None
