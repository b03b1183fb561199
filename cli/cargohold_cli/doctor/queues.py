"""SQS queues: how much waits, and what was given up."""

from collections.abc import Iterator
from typing import Any

import orjson

from cargohold_cli.doctor.finding import Finding, failed, ok

REDRIVE = (
    "read the function's log for the reason, mend it, then move the messages back:"
    " `aws sqs start-message-move-task --source-arn {arn}` (docs/operations.md)"
)


def check_queue(check: str, url: str) -> Iterator[Finding]:
    """Yield a finding of the queue at `url`, and one of the dead-letter queue that it names."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client("sqs")
    try:
        attributes = _attributes(client, url)
        yield ok(
            check, f"{_visible(attributes)} waiting, {attributes['ApproximateNumberOfMessagesNotVisible']} at work"
        )
        policy = attributes.get("RedrivePolicy")
        if policy is None:
            yield failed(check, "it has no dead-letter queue", "deploy the template's queues unchanged")
            return
        arn = orjson.loads(policy)["deadLetterTargetArn"]
        dead = _visible(_attributes(client, client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]))
    except (BotoCoreError, ClientError) as error:
        yield failed(check, str(error), "look at its URL, the region, and the right to sqs:GetQueueAttributes")
        return
    yield judge_dead(f"given up of {check.removeprefix('queue ')}", arn, dead)


def check_dead(check: str, url: str) -> Iterator[Finding]:
    """Yield a finding of the dead-letter queue at `url`; raises what boto3 does."""
    import boto3

    attributes = _attributes(boto3.client("sqs"), url)
    yield judge_dead(check, attributes["QueueArn"], _visible(attributes))


def judge_dead(check: str, arn: str, dead: int) -> Finding:
    """Judge a dead-letter queue by how many messages it holds."""
    return failed(check, f"{dead} messages", REDRIVE.format(arn=arn)) if dead else ok(check, "none")


def _attributes(client: Any, url: str) -> dict[str, str]:
    found: dict[str, str] = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def _visible(attributes: dict[str, str]) -> int:
    return int(attributes["ApproximateNumberOfMessages"])
