"""The handler with a real (moto) queue and a document in a file."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

pytest.importorskip("cargohold.messaging.open", reason="the messaging adapters are not there")

EVENTS = Path(__file__).parents[3] / "events"
DOCUMENT = """registries:
  - name: example
    host: registry.example.com
    hook: {token: 0123456789abcdef0123456789abcdef, authorization: Bearer notification-secret}
"""


@pytest.fixture
def queues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    (tmp_path / "registries.yaml").write_text(DOCUMENT)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("REGISTRIES", f"file:{tmp_path / 'registries.yaml'}")
    monkeypatch.setenv("MESSAGING", "aws")
    with mock_aws():
        made = {}
        for name in ("analyze", "persist", "archive"):
            made[name] = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
            monkeypatch.setenv(f"{name.upper()}_QUEUE_URL", made[name])
        yield made


def test_a_notification_becomes_a_message(queues: dict[str, str]) -> None:
    from intake.handler import dependencies, handle

    dependencies.cache_clear()
    event = json.loads((EVENTS / "distribution-push.json").read_text())
    assert handle(event, None) == {"statusCode": 202}
    assert handle(event | {"headers": {}}, None) == {"statusCode": 401}
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queues["analyze"])["Messages"]
    assert json.loads(message["Body"])["reference"]["tag"] == "1.1"
    dependencies.cache_clear()
