"""The template's queues, buckets, bus and rules in moto, wired as CloudFormation would wire them."""

import json
import time
from collections.abc import Mapping
from typing import Any

import boto3

from tests.harness.template import Reference, Stack

REGION = "eu-central-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:registries-AbCdEf"
OBSERVED = "observed"  # has what is published on the bus


def client(service: str, moto: str) -> Any:
    """Return a client of one of moto's services."""
    return boto3.client(
        service, endpoint_url=moto, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


class Wiring:
    """The template's queues, buckets, bus and rules in moto. `values` is what refers to them."""

    def __init__(self, stack: Stack, moto: str, visibility: int | None, receives: int | None) -> None:
        self.moto = moto
        self.sqs, self.s3 = client("sqs", moto), client("s3", moto)
        self.events, self.secrets = client("events", moto), client("secretsmanager", moto)
        self.values: dict[str, str] = {}
        self.queues: dict[str, str] = {}
        for resource in stack.of_type("AWS::S3::Bucket"):
            name = f"{resource.name.lower()}-{time.time_ns()}"
            self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
            self.values[f"{resource.name}.Ref"] = name
        queues = stack.of_type("AWS::SQS::Queue")
        # Those first that others give their dead messages to.
        for resource in sorted(queues, key=lambda one: "RedrivePolicy" in one.properties):
            attributes = {}
            if policy := resource.properties.get("RedrivePolicy"):
                dead = self.values[str(policy["deadLetterTargetArn"])[1:-1]]
                count = receives or policy["maxReceiveCount"]
                attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": count})
                attributes["VisibilityTimeout"] = str(visibility or resource.properties["VisibilityTimeout"])
            self._queue(resource.name, attributes)
        for resource in stack.of_type("AWS::Events::EventBus"):
            name = f"bus-{time.time_ns()}"
            self.events.create_event_bus(Name=name)
            self.values[f"{resource.name}.Ref"] = name
            self._queue(OBSERVED, {})
            self._rule(name, OBSERVED, {"source": ["cargohold"]}, [OBSERVED])
        for resource in stack.of_type("AWS::Events::Rule"):
            targets = [target["Arn"].resource for target in resource.properties["Targets"]]
            self._rule("default", resource.name, resource.properties["EventPattern"], targets)

    def _queue(self, name: str, attributes: dict[str, str]) -> None:
        url = self.sqs.create_queue(QueueName=f"{name}-{time.time_ns()}", Attributes=attributes)["QueueUrl"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        self.queues[name] = self.values[f"{name}.Ref"] = url
        self.values[f"{name}.Arn"] = answer["Attributes"]["QueueArn"]

    def _rule(self, bus: str, name: str, pattern: Any, queues: list[str]) -> None:
        unique = f"{name}-{time.time_ns()}"
        plain = json.loads(json.dumps(pattern, default=str))
        self.events.put_rule(Name=unique, EventBusName=bus, EventPattern=json.dumps(plain))
        targets = [{"Id": queue, "Arn": self.values[f"{queue}.Arn"]} for queue in queues]
        self.events.put_targets(Rule=unique, EventBusName=bus, Targets=targets)

    def value(self, value: Any) -> str:
        """Return a property as CloudFormation would fill it in; what moto does not have reads as its name."""
        if isinstance(value, Reference):
            return self.values.get(f"{value.resource}.{value.attribute}", str(value))
        text = str(value)
        for name, known in self.values.items():
            text = text.replace(f"<{name}>", known)
        return text

    def waiting(self, queue: str) -> int:
        """Return how many messages a queue has, visible, in flight or delayed."""
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queues[queue], AttributeNames=["All"])["Attributes"]
        kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(answer[kind]) for kind in (*kinds, "ApproximateNumberOfMessagesDelayed"))

    def receive(self, queue: str, count: int = 1, wait: int = 0) -> list[dict[str, Any]]:
        """Return messages as SQS gives them; they stay in flight until they are deleted."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queues[queue], MaxNumberOfMessages=count, WaitTimeSeconds=wait, AttributeNames=["All"]
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def delete(self, queue: str, message: Mapping[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"])

    def redrive(self, dead: str, queue: str) -> int:
        """Move the messages of a dead-letter queue back, as `aws sqs start-message-move-task` does; count them."""
        moved = 0
        while messages := self.receive(dead, 10):
            for message in messages:
                self.sqs.send_message(QueueUrl=self.queues[queue], MessageBody=message["Body"])
                self.delete(dead, message)
                moved += 1
        return moved

    def take(self, queue: str) -> list[Any]:
        """Return the bodies of all visible messages of a queue and remove them."""
        bodies = []
        while messages := self.receive(queue, 10):
            for message in messages:
                bodies.append(json.loads(message["Body"]))
                self.delete(queue, message)
        return bodies
