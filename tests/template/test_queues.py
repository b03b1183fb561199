"""Nothing that was sent is lost, and what fails is retried soon and then kept for a person."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter
from tests.harness.sam import ROOT
from tests.harness.template import Reference, Resource, Stack, statements

from cargohold.contracts import ArchiveQueueMessage, ReconcileRun, ScheduledRun

ON_DEMAND = ["MigrateFunction"]


def mappings(stack: Stack) -> list[tuple[Resource, Resource, Resource]]:
    """Return (mapping, queue, function) of every queue that feeds a function."""
    found = []
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping"):
        queue = stack.resources[mapping.properties["EventSourceArn"].resource]
        function = stack.resources[mapping.properties["FunctionName"].resource]
        found.append((mapping, queue, function))
    assert len(found) == 4
    return found


def alarms_on(stack: Stack, metric: str) -> set[str]:
    """Return the resources that an alarm on `metric` watches."""
    return {
        dimension["Value"].resource
        for alarm in stack.of_type("AWS::CloudWatch::Alarm")
        if alarm.properties["MetricName"] == metric
        for dimension in alarm.properties["Dimensions"]
    }


@pytest.mark.trap("B5")
def test_a_killed_invocation_is_retried_a_minute_after_its_timeout(stack: Stack) -> None:
    for mapping, queue, function in mappings(stack):
        assert queue.properties["VisibilityTimeout"] == function.properties["Timeout"] + 60
        # Only one message at a time and a cap make so short a visibility safe.
        assert mapping.properties["BatchSize"] == 1
        assert 2 <= mapping.properties["ScalingConfig"]["MaximumConcurrency"] <= 1000
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_reserved_concurrency_never_starves_a_queue(stack: Stack) -> None:
    for mapping, _queue, function in mappings(stack):
        reserved = function.properties.get("ReservedConcurrentExecutions")
        assert reserved is None or reserved >= mapping.properties["ScalingConfig"]["MaximumConcurrency"]


@pytest.mark.trap("B6")
def test_what_fails_again_and_again_waits_in_a_watched_queue_that_nobody_consumes(stack: Stack) -> None:
    consumed = {queue.name for _mapping, queue, _function in mappings(stack)}
    for _mapping, queue, function in mappings(stack):
        redrive = queue.properties["RedrivePolicy"]
        dead = stack.resources[redrive["deadLetterTargetArn"].resource]
        assert dead.name not in consumed
        assert dead.properties["MessageRetentionPeriod"] > queue.properties["MessageRetentionPeriod"]
        assert dead.document["DeletionPolicy"] == "Retain"
        declared = function.properties["Environment"]["Variables"].get("MAX_RECEIVES", redrive["maxReceiveCount"])
        assert int(declared) == redrive["maxReceiveCount"]


def test_every_queue_is_watched(stack: Stack) -> None:
    consumed = {queue.name for _mapping, queue, _function in mappings(stack)}
    others = {queue.name for queue in stack.of_type("AWS::SQS::Queue")} - consumed

    assert alarms_on(stack, "ApproximateAgeOfOldestMessage") == consumed
    assert alarms_on(stack, "ApproximateNumberOfMessagesVisible") == others


@pytest.mark.trap("B15")
def test_every_function_that_runs_by_itself_is_watched(stack: Stack) -> None:
    functions = {function.name for function in stack.of_type("AWS::Lambda::Function")}

    assert alarms_on(stack, "Errors") == functions.difference(ON_DEMAND)


def test_queues_are_encrypted_and_refuse_plain_http(stack: Stack) -> None:
    refusing = {
        statement["Resource"][0].resource
        for policy in stack.of_type("AWS::SQS::QueuePolicy")
        for statement in statements(policy.properties["PolicyDocument"])
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    for queue in stack.of_type("AWS::SQS::Queue"):
        assert queue.properties["SqsManagedSseEnabled"] is True
        assert queue.name in refusing


def test_rules_may_send_to_their_targets_and_keep_what_they_cannot_deliver(stack: Stack) -> None:
    allowed = {
        (source.resource, resource.resource)
        for policy in stack.of_type("AWS::SQS::QueuePolicy")
        for statement in statements(policy.properties["PolicyDocument"])
        if statement["Effect"] == "Allow"
        for resource in statement["Resource"]
        for source in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    }
    used = set()
    for rule in stack.of_type("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            used |= {(rule.name, target["Arn"].resource), (rule.name, target["DeadLetterConfig"]["Arn"].resource)}

    assert allowed == used


def test_a_push_reaches_analyze_and_a_removal_persist(stack: Stack) -> None:
    routes = {
        (name, target["Arn"].resource)
        for name in ("ecr-push", "ecr-replication", "ecr-pull-through", "ecr-delete")
        for rule in stack.of_type("AWS::Events::Rule")
        if matches(rule.properties["EventPattern"], json.loads((ROOT / "events" / f"{name}.json").read_text()))
        for target in rule.properties["Targets"]
    }

    assert routes == {
        ("ecr-push", "AnalyzeQueue"),
        ("ecr-replication", "AnalyzeQueue"),
        ("ecr-pull-through", "AnalyzeQueue"),
        ("ecr-delete", "PersistQueue"),
    }


def test_what_failed_and_what_concerns_no_image_reaches_nobody(stack: Stack) -> None:
    patterns = [rule.properties["EventPattern"] for rule in stack.of_type("AWS::Events::Rule")]
    for name, change in (
        ("ecr-push", {"result": "FAILURE"}),
        ("ecr-replication", {"result": "FAILED"}),
        ("ecr-pull-through", {"sync-status": "FAILURE"}),
    ):
        event = json.loads((ROOT / "events" / f"{name}.json").read_text())
        event["detail"] |= change
        assert not any(matches(pattern, event) for pattern in patterns), name
    event = json.loads((ROOT / "events" / "ecr-push.json").read_text()) | {"detail-type": "ECR Referrer Action"}
    assert not any(matches(pattern, event) for pattern in patterns)


def matches(pattern: Any, value: Any) -> bool:
    """Tell whether EventBridge lets an event through, as far as patterns go here; a glob of repositories lets all."""
    if isinstance(pattern, dict):
        either = pattern.get("$or")
        others = ((name, part) for name, part in pattern.items() if name != "$or")
        return (either is None or any(matches(part, value) for part in either)) and all(
            isinstance(value, dict) and name in value and matches(part, value[name]) for name, part in others
        )
    return any(isinstance(part, dict) or part == value for part in pattern)


def test_a_bundle_that_became_readable_continues_its_restore(stack: Stack) -> None:
    rule = stack.resources["RestoreCompletedRule"].properties
    event = json.loads((ROOT / "events" / "s3-restore-completed.json").read_text(encoding="utf-8"))
    pattern = rule["EventPattern"]
    assert event["source"] in pattern["source"]
    assert event["detail-type"] in pattern["detail-type"]
    existing = stack.parameters["ExistingArchiveBucket"]
    assert pattern["detail"]["bucket"]["name"] == [Reference("ArchiveBucket"), *([existing] if existing else [])]
    (target,) = rule["Targets"]
    assert target["InputTransformer"]["InputPathsMap"] == {"id": "$.id", "key": "$.detail.object.key"}
    sent = target["InputTransformer"]["InputTemplate"]
    sent = sent.replace("<id>", event["id"]).replace("<key>", event["detail"]["object"]["key"])

    message = TypeAdapter(ArchiveQueueMessage).validate_json(sent)

    assert target["Arn"] == Reference("ArchiveQueue", "Arn")
    assert isinstance(message, ScheduledRun)
    assert (message.job, message.execution_id, message.correlation_id) == ("archive-continue", event["id"], event["id"])
    assert message.cursor == event["detail"]["object"]["key"]


def test_schedules_send_what_their_function_understands_and_keep_what_they_cannot_deliver(stack: Stack) -> None:
    jobs = set()
    for schedule in stack.of_type("AWS::Scheduler::Schedule"):
        target = schedule.properties["Target"]
        assert target["DeadLetterConfig"]["Arn"] == Reference("DeliveryDlq", "Arn")
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
        message = json.loads(target["Input"])
        if message.get("kind") == "ReconcileRun":
            message = "reconcile" if ReconcileRun.model_validate(message).registry == "" else "one registry"
        elif message:
            message = ScheduledRun.model_validate(message).job
        jobs.add((target["Arn"].resource, message or "collect"))

    assert jobs == {
        ("ArchiveScheduleFunction", "archive-rules"),
        ("ArchiveScheduleFunction", "archive-continue"),
        ("ArchiveScheduleFunction", "archive-audit"),
        ("PersistScheduleFunction", "collect"),
        ("ReconcileFunction", "reconcile"),
    }


def test_a_run_that_a_schedule_gives_up_is_kept(stack: Stack) -> None:
    """Schedules invoke asynchronously: what fails after Lambda took it would otherwise be gone with a log line."""
    scheduled = {
        schedule.properties["Target"]["Arn"].resource for schedule in stack.of_type("AWS::Scheduler::Schedule")
    }
    for function in stack.of_type("AWS::Lambda::Function"):
        kept = function.properties.get("DeadLetterConfig")
        assert kept == ({"TargetArn": Reference("DeliveryDlq", "Arn")} if function.name in scheduled else None)
        role = stack.resources[function.properties["Role"].resource].properties
        may = [
            statement
            for statement in statements(role["Policies"][0]["PolicyDocument"])
            if "sqs:SendMessage" in statement["Action"] and Reference("DeliveryDlq", "Arn") in statement["Resource"]
        ]
        assert bool(may) == (function.name in scheduled)


@pytest.mark.trap("B13")
def test_schedules_let_the_database_sleep(default_stack: Stack) -> None:
    for schedule in default_stack.of_type("AWS::Scheduler::Schedule"):
        assert schedule.properties["ScheduleExpression"] in {
            "cron(0 3 * * ? *)",
            "cron(15 3 ? * SUN *)",
            "cron(30 3 * * ? *)",
            "cron(0 4 * * ? *)",
            "rate(6 hours)",
        }


@pytest.mark.trap("B7")
def test_only_functions_that_feed_their_own_queue_may_loop(stack: Stack) -> None:
    own = {function.properties["Role"].resource: (queue, function) for _mapping, queue, function in mappings(stack)}
    feeding = {
        function.name
        for role, (queue, function) in own.items()
        for policy in stack.resources[role].properties["Policies"]
        for statement in statements(policy["PolicyDocument"])
        if "sqs:SendMessage" in statement["Action"] and Reference(queue.name, "Arn") in statement["Resource"]
    }
    looping = {
        function.name
        for function in stack.of_type("AWS::Lambda::Function")
        if function.properties.get("RecursiveLoop") == "Allow"
    }

    assert looping == feeding


def test_alarms_say_what_to_do(stack: Stack) -> None:
    """Who is woken reads the description and nothing else: more than what the metric's name says anyway."""
    descriptions = [alarm.properties["AlarmDescription"] for alarm in stack.of_type("AWS::CloudWatch::Alarm")]

    assert len(set(descriptions)) == len(descriptions)
    for description in descriptions:
        assert 60 < len(description) <= 1024
        assert any(word in description for word in ("log", "redrive", "raise", "Look", "invoke")), description


def test_alarms_go_to_the_topic(transformed: dict[str, Any]) -> None:
    topic = "arn:aws:sns:eu-central-1:123456789012:on-call"
    for parameters, actions in (({}, None), ({"AlarmTopic": topic}, [topic])):
        for alarm in Stack(transformed, parameters).of_type("AWS::CloudWatch::Alarm"):
            assert alarm.properties.get("AlarmActions") == actions


def test_concurrency_fits_an_account(default_stack: Stack) -> None:
    """A new account may run 1,000 functions at once, or 10: queues then wait, and nothing is reserved from others."""
    caps = [
        mapping.properties["ScalingConfig"]["MaximumConcurrency"]
        for mapping, _queue, _function in mappings(default_stack)
    ]

    assert sum(caps) <= 100
    for function in default_stack.of_type("AWS::Lambda::Function"):
        assert "ReservedConcurrentExecutions" not in function.properties
