"""Who may do what: only what the code does, on what it does it to."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.harness.template import ATTACHING, Reference, Resource, Stack, statements

# AWS offers no narrower resource for these.
ON_ANYTHING = {
    "ecr:GetAuthorizationToken",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    *ATTACHING,
}
# Logs, traces, and the function's own environment under the stack's key.
OF_EVERY_FUNCTION = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "kms:Decrypt",
}


def documents(stack: Stack) -> list[dict[str, Any]]:
    return [
        policy["PolicyDocument"]
        for role in stack.of_type("AWS::IAM::Role")
        for policy in role.properties.get("Policies", [])
    ]


def granted(role: Resource) -> list[dict[str, Any]]:
    """Return what is for the code; by what is `network` Lambda attaches the function, and the code may not."""
    return [
        statement
        for policy in role.properties["Policies"]
        if policy["PolicyName"] != "network"
        for statement in statements(policy["PolicyDocument"])
        if statement["Effect"] == "Allow"
    ]


def test_no_right_is_wider_than_it_can_be(stack: Stack) -> None:
    for document in documents(stack):
        for statement in statements(document):
            if statement["Effect"] == "Deny":
                continue
            assert not any("*" in action for action in statement["Action"])
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= ON_ANYTHING


def test_statements_are_told_apart(stack: Stack) -> None:
    """IAM refuses a policy in which two statements have one name; no linter looks."""
    for document in documents(stack):
        names = [statement["Sid"] for statement in statements(document) if "Sid" in statement]
        assert len(set(names)) == len(names)


def test_no_policy_is_managed(stack: Stack) -> None:
    assert stack.of_type("AWS::IAM::ManagedPolicy") == []
    assert [role.name for role in stack.of_type("AWS::IAM::Role") if "ManagedPolicyArns" in role.properties] == []


def test_every_function_has_a_role_of_its_own_with_which_it_can_log(stack: Stack) -> None:
    functions = stack.of_type("AWS::Lambda::Function")
    roles = [function.properties["Role"].resource for function in functions]
    assert len(set(roles)) == len(roles)
    for function, role in zip(functions, roles, strict=True):
        (log,) = [statement for statement in granted(stack.resources[role]) if statement.get("Sid") == "Log"]
        assert log["Resource"] == [Reference(function.properties["LoggingConfig"]["LogGroup"].resource, "Arn")]


def test_a_function_in_the_network_may_attach_to_it_and_others_may_not(stack: Stack) -> None:
    for function in stack.of_type("AWS::Lambda::Function"):
        role = stack.resources[function.properties["Role"].resource]
        named = {policy["PolicyName"]: policy["PolicyDocument"] for policy in role.properties["Policies"]}
        assert ("network" in named) == ("VpcConfig" in function.properties), function.name
        if "network" not in named:
            continue
        allowed = [
            action for right in statements(named["network"]) if right["Effect"] == "Allow" for action in right["Action"]
        ]
        (denied,) = [right for right in statements(named["network"]) if right["Effect"] == "Deny"]
        assert {action for action in allowed if "Describe" not in action} == set(denied["Action"])
        source = denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
        assert source.rpartition(":")[2] == function.properties["FunctionName"]


def test_consumers_may_consume(stack: Stack) -> None:
    needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"}
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping"):
        function = stack.resources[mapping.properties["FunctionName"].resource]
        rights = granted(stack.resources[function.properties["Role"].resource])
        assert any(
            needed <= set(statement["Action"]) and mapping.properties["EventSourceArn"] in statement["Resource"]
            for statement in rights
        )


def test_each_function_signs_in_as_the_database_user_that_it_may_be(stack: Stack) -> None:
    users = {}
    for function in stack.of_type("AWS::Lambda::Function"):
        url = str(function.properties["Environment"]["Variables"].get("DATABASE_URL", ""))
        rights = granted(stack.resources[function.properties["Role"].resource])
        allowed = [str(right["Resource"][0]) for right in rights if right["Action"] == ["rds-db:connect"]]
        if url.startswith("postgresql://"):
            user = urlsplit(url).username
            assert [resource.rsplit("/", 1)[1] for resource in allowed] == [user]
            users[function.name] = user
        else:
            assert allowed == []
    if users:
        assert users["PersistFunction"] == users["PersistScheduleFunction"] == "cargohold_persist"
        assert users["ArchiveFunction"] == users["ArchiveScheduleFunction"] == "cargohold_archive"
        assert users["ApiFunction"] == "cargohold_api"
        assert users["MigrateFunction"] == "cargohold_owner"
        assert users["ReconcileFunction"] == "cargohold_reconcile"
        assert users.get("AnalyzeFunction", "cargohold_objects") == "cargohold_objects"


def test_analyze_writes_objects_and_never_the_archive(stack: Stack) -> None:
    rights = granted(stack.resources["AnalyzeRole"])
    touched = {str(resource) for right in rights for resource in right["Resource"]}

    assert not any("ArchiveBucket" in resource for resource in touched)
    deleting = [right["Resource"] for right in rights if "s3:DeleteObject" in right["Action"]]
    assert all("analyses" not in str(resource) for resources in deleting for resource in resources)


def test_only_archive_and_the_sweep_delete_documents(stack: Stack) -> None:
    deleting = {
        role.name
        for role in stack.of_type("AWS::IAM::Role")
        for right in granted(role)
        if "s3:DeleteObject" in right["Action"]
        if any("analyses" in str(resource) for resource in right["Resource"])
    }
    assert deleting <= {"ArchiveRole", "PersistScheduleRole"}


def test_a_key_is_used_through_the_service_that_needs_it_alone(stack: Stack) -> None:
    """Of S3, who writes makes data keys and who reads decrypts; of Lambda, a function decrypts its environment."""
    for function in stack.of_type("AWS::Lambda::Function"):
        assert function.properties["KmsKeyArn"] == Reference("Key", "Arn")
        rights = [
            right
            for right in granted(stack.resources[function.properties["Role"].resource])
            if not right.get("Sid", "").startswith("Existing")  # of another's bucket and key: test_shapes
        ]
        through = {
            right["Condition"]["StringEquals"]["kms:ViaService"].partition(".")[0]: set(right["Action"])
            for right in rights
            if any(action.startswith("kms:") for action in right["Action"])
        }
        actions = {action for right in rights for action in right["Action"]}
        of_s3 = {"kms:Decrypt"} if "s3:GetObject" in actions else set()
        of_s3 |= {"kms:GenerateDataKey"} if "s3:PutObject" in actions else set()
        assert through == {"lambda": {"kms:Decrypt"}} | ({"s3": of_s3} if of_s3 else {}), function.name


def test_a_missing_object_is_told_from_a_forbidden_one(stack: Stack) -> None:
    """Without s3:ListBucket, S3 answers 403 for an object that is not there."""
    for role in stack.of_type("AWS::IAM::Role"):
        read = {
            str(resource).partition("/")[0].partition(".")[0]
            for right in granted(role)
            if "s3:GetObject" in right["Action"]
            for resource in right["Resource"]
        }
        listed = {
            str(resource).partition("/")[0].partition(".")[0]
            for right in granted(role)
            if "s3:ListBucket" in right["Action"]
            for resource in right["Resource"]
        }
        assert read == listed


@pytest.mark.parametrize(
    "role", ["PersistRole", "PersistScheduleRole", "ArchiveScheduleRole", "ApiRole", "MigrateRole"]
)
def test_registries_and_images_are_analyze_s_alone(default_stack: Stack, role: str) -> None:
    actions = {action for right in granted(default_stack.resources[role]) for action in right["Action"]}

    assert not {action for action in actions if action.startswith(("ecr:", "secretsmanager:", "elasticfilesystem:"))}


def test_api_reads_documents_and_sends_requests(stack: Stack) -> None:
    rights = granted(stack.resources["ApiRole"])
    actions = {action for right in rights for action in right["Action"]}
    queues = {queue for right in rights if "sqs:SendMessage" in right["Action"] for queue in right["Resource"]}

    assert actions <= {
        *OF_EVERY_FUNCTION, "sqs:SendMessage", "s3:GetObject", "s3:ListBucket", "rds-db:connect",
        "s3:PutObject", "kms:GenerateDataKey",
        *(["secretsmanager:GetSecretValue"] if stack.parameters["SwiftSecret"] else []),
    }  # fmt: skip
    assert queues == {Reference(f"{name}Queue", "Arn") for name in ("Analyze", "Archive", "Reconcile")}
    writing = [str(on) for right in rights if "s3:PutObject" in right["Action"] for on in right["Resource"]]
    assert all(on.endswith("/uploads/*") for on in writing), "what counts is written by archive alone"


def test_intake_sends_and_knows_the_registries_and_nothing_else(stack: Stack) -> None:
    if "IntakeRole" not in stack.resources:
        assert not stack.parameters["RegistriesSecret"]
        return
    function = stack.resources["IntakeFunction"]
    rights = granted(stack.resources["IntakeRole"])
    actions = {action for right in rights for action in right["Action"]} - OF_EVERY_FUNCTION
    queues = {queue for right in rights if "sqs:SendMessage" in right["Action"] for queue in right["Resource"]}

    assert actions == {"sqs:SendMessage", "secretsmanager:GetSecretValue"}
    assert queues == {Reference("AnalyzeQueue", "Arn"), Reference("PersistQueue", "Arn")}
    assert "VpcConfig" not in function.properties
    assert function.properties["Environment"]["Variables"]["DATABASE_URL"] == ""


def test_reconcile_lists_and_asks_and_writes_nothing(stack: Stack) -> None:
    granted_actions = {action for right in granted(stack.resources["ReconcileRole"]) for action in right["Action"]}
    actions = granted_actions - OF_EVERY_FUNCTION

    assert {action for action in actions if action.startswith("ecr:")} == {
        "ecr:DescribeRepositories",
        "ecr:DescribeImages",
        "ecr:BatchGetImage",
    }
    assert not {action for action in actions if action.startswith(("s3:", "kms:", "events:", "elasticfilesystem:"))}
    assert ("secretsmanager:GetSecretValue" in actions) == bool(stack.parameters["RegistriesSecret"])


def test_the_scheduler_role_is_for_this_stack_s_schedules(stack: Stack) -> None:
    (statement,) = stack.resources["SchedulerRole"].properties["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012", "aws:SourceArn": Reference("ScheduleGroup", "Arn")}
    }
