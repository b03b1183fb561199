import json
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import boto3
import pytest
from botocore.stub import Stubber

from cargohold.contracts import AnalyzeRequest, ImageDeleted, Reference
from cargohold.errors import InvalidConfiguration, StoreUnavailable
from cargohold.messaging import aws as module
from cargohold.messaging.aws import AwsMessenger
from cargohold.messaging.bus import back_off
from cargohold.messaging.open import open_messenger
from cargohold.settings import MessagingSettings


@pytest.fixture
def cloud(aws):
    """A queue and a bus whose events arrive in another queue."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    name = f"t-{uuid4()}"
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "900"})["QueueUrl"]
    target = sqs.create_queue(QueueName=f"{name}-target")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=target, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=name)
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["cargohold"]}))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "1", "Arn": arn}])
    return SimpleNamespace(sqs=sqs, url=url, target=target, bus=name)


EVENT = ImageDeleted(event_id=uuid4(), at=datetime.now(UTC), image="sha256:" + "0" * 64)


def test_a_message_is_sent_and_postponed(cloud):
    messenger = open_messenger(MessagingSettings(analyze_queue_url=cloud.url))
    sent = AnalyzeRequest(reference=Reference(repository="app"))
    messenger.send("analyze", sent)
    (message,) = cloud.sqs.receive_message(QueueUrl=cloud.url)["Messages"]
    assert AnalyzeRequest.model_validate_json(message["Body"]) == sent
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=cloud.url)
    messenger.postpone("analyze", message["ReceiptHandle"], receives=1)
    with pytest.raises(StoreUnavailable):
        messenger.postpone("analyze", "of nothing", receives=1)


def test_an_event_reaches_the_bus(cloud):
    AwsMessenger(MessagingSettings(event_bus_name=cloud.bus)).publish(EVENT)
    (message,) = cloud.sqs.receive_message(QueueUrl=cloud.target)["Messages"]
    body = json.loads(message["Body"])
    assert (body["source"], body["detail-type"]) == ("cargohold", "ImageDeleted")
    assert ImageDeleted.model_validate(body["detail"]) == EVENT


def test_what_is_not_there_is_transient_and_what_is_not_set_is_named(cloud):
    gone = AwsMessenger(MessagingSettings(analyze_queue_url=cloud.url + "-gone"))
    with pytest.raises(StoreUnavailable):
        gone.send("analyze", AnalyzeRequest(reference=Reference(repository="app")))
    with pytest.raises(InvalidConfiguration, match="PERSIST_QUEUE_URL"):
        gone.send("persist", AnalyzeRequest(reference=Reference(repository="app")))
    with pytest.raises(InvalidConfiguration, match="EVENT_BUS_NAME"):
        gone.publish(EVENT)


@pytest.mark.parametrize("failures", [1, 4])
def test_an_entry_that_failed_in_a_call_that_succeeded_is_sent_again(aws, monkeypatch, failures):
    monkeypatch.setattr(module, "_ATTEMPTS", 4)
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    messenger = AwsMessenger(MessagingSettings(event_bus_name="bus"))
    failed = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}]}
    # A real bus cannot be made to fail; the client is real and its answers are checked against its model.
    with Stubber(messenger._events) as stubber:
        for _ in range(failures):
            stubber.add_response("put_events", failed)
        if failures < 4:
            stubber.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
            messenger.publish(EVENT)
        else:
            with pytest.raises(StoreUnavailable, match="Throttling"):
                messenger.publish(EVENT)
        stubber.assert_no_pending_responses()


def test_the_back_off_grows_and_has_a_limit():
    assert all(7 <= back_off(1, first=15, longest=900) <= 15 for _ in range(50))
    assert all(60 <= back_off(4, first=15, longest=900) <= 120 for _ in range(50))
    assert all(450 <= back_off(1000, first=15, longest=900) <= 900 for _ in range(50))
