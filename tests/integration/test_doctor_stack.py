"""`cargohold doctor --stack` on a stack in moto, with each of its parts broken in turn."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3
import pytest
import urllib3
from tests.harness.api import serving

from cargohold import __version__
from cargohold_cli.client import connect
from cargohold_cli.main import main

Findings = dict[str, dict[str, str]]
Examine = Callable[..., tuple[int, Findings]]

MIGRATED = {"pending": [], "newer": []}
ROLE = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def queue(dead: str) -> dict[str, Any]:
    policy = {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": 5}
    return {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": policy}}


# The logical names and types of template.yaml, as far as the doctor looks at them.
TEMPLATE: dict[str, Any] = {
    "Parameters": {
        name: {"Type": "String", "Default": default}
        for name, default in {
            "RegistriesSecret": "",
            "LayerCache": "enabled",
            "Egress": "ipv6",
            "AlarmTopic": "arn:aws:sns:eu-west-1:123456789012:alarms",
            "ExistingDatabaseSecret": "",
            "Api": "http://127.0.0.1:9",
        }.items()
    },
    "Outputs": {"ApiUrl": {"Value": {"Ref": "Api"}}},
    "Resources": {
        "MigrateRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": ROLE}},
        "MigrateFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handle",
                "Role": {"Fn::GetAtt": ["MigrateRole", "Arn"]},
                "Code": {"ZipFile": "def handle(event, context): pass"},
            },
        },
        "AnalyzeFunctionQueue": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "MigrateFunction"},
                "EventSourceArn": {"Fn::GetAtt": ["AnalyzeQueue", "Arn"]},
            },
        },
        "AnalyzeQueue": queue("AnalyzeDlq"),
        "AnalyzeDlq": {"Type": "AWS::SQS::Queue"},
        "ObjectsBucket": {"Type": "AWS::S3::Bucket"},
        "ArchiveBucket": {"Type": "AWS::S3::Bucket"},
        "CacheFileSystem": {"Type": "AWS::EFS::FileSystem"},
        "Network": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"CidrBlock": "10.0.0.0/24", "VpcId": {"Ref": "Network"}},
        },
        "CacheMountTarget": {
            "Type": "AWS::EFS::MountTarget",
            "Properties": {
                "FileSystemId": {"Ref": "CacheFileSystem"},
                "SubnetId": {"Ref": "Subnet"},
                "SecurityGroups": [{"Fn::GetAtt": ["Network", "DefaultSecurityGroup"]}],
            },
        },
    },
}


def say(moto: str, path: str, body: Any) -> None:
    assert urllib3.request("POST", f"{moto}/moto-api/{path}", json=body, timeout=10).status in (200, 201)


@pytest.fixture
def functions(aws: str) -> Iterator[Callable[[Any], None]]:
    """Functions that are not run: tells what the next invocations answer."""
    say(aws, "config", {"lambda": {"use_docker": False}})
    yield lambda answer: say(
        aws, "static/lambda-simple/response", {"results": [json.dumps(answer)], "region": "eu-west-1"}
    )
    say(aws, "reset", {})
    say(aws, "config", {"lambda": {"use_docker": True}})


@pytest.fixture
def stack(functions: Callable[[Any], None], api: str) -> dict[str, str]:
    """A stack that works: its `name`, and the physical names of its resources by their logical ones."""
    return made({"Api": api})


@contextmanager
def answering(status: str, body: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the address of an API that answers everything so, and the environments of the requests that it got."""
    asked: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(environ)
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    with serving(application) as address:
        yield address, asked


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an API that works."""
    monkeypatch.delenv("CARGOHOLD_TOKEN", raising=False)
    with answering("200 OK", {"version": __version__, "database": "available"}) as (url, _asked):
        yield url


def made(parameters: dict[str, str]) -> dict[str, str]:
    name = f"cargohold-{uuid4().hex[:8]}"
    client = boto3.client("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    client.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE), Parameters=given)
    found = client.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return {"name": name} | {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


@pytest.fixture
def examine(
    stack: dict[str, str], functions: Callable[[Any], None], capfdbinary: pytest.CaptureFixture[bytes]
) -> Examine:
    def run(name: str = stack["name"], database: Any = MIGRATED) -> tuple[int, Findings]:
        functions(database)
        capfdbinary.readouterr()
        code = main(["doctor", "--stack", name, "--json"])
        answer = json.loads(capfdbinary.readouterr().out)
        return code, {finding["check"]: finding for finding in answer["findings"]}

    return run


def wrong(findings: Findings) -> list[str]:
    return [name for name, finding in findings.items() if finding["verdict"] not in ("ok", "skipped")]


def test_a_stack_that_works(examine: Examine, stack: dict[str, str]) -> None:
    code, findings = examine()
    assert (code, wrong(findings)) == (0, [])
    assert {
        "stack",
        "functions",
        "database",
        "migrations",
        "API",
        "object store",
        "archive store",
        "alarms",
    } <= findings.keys()
    for bucket in ("ObjectsBucket", "ArchiveBucket"):
        assert boto3.client("s3").list_objects_v2(Bucket=stack[bucket])["KeyCount"] == 0


def test_a_stack_that_is_not_there(examine: Examine) -> None:
    code, findings = examine("another-stack")
    assert (code, list(findings)) == (1, ["stack"])


def test_migrations_that_are_missing_and_a_database_that_is_away(examine: Examine) -> None:
    code, findings = examine(database={"pending": ["0009_more.sql"], "newer": []})
    assert (code, wrong(findings)) == (1, ["migrations"])
    error = {"errorMessage": "The database is not available: timeout", "errorType": "DatabaseUnavailable"}
    code, findings = examine(database=error)
    assert (code, wrong(findings)) == (1, ["database"])
    assert "timeout" in findings["database"]["detail"]


def test_the_api_is_asked_with_a_signature(examine: Examine) -> None:
    with answering("200 OK", {"version": __version__, "database": "available"}) as (url, asked):
        connect(url)._here = False  # what is on this machine is asked without one
        code, findings = examine(made({"Api": url})["name"])
    assert (code, wrong(findings)) == (0, [])
    assert asked[0]["PATH_INFO"] == "/v1/status"
    assert "/execute-api/aws4_request" in asked[0]["HTTP_AUTHORIZATION"]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        ("403 Forbidden", {"message": "Forbidden"}, ("warning", "may not ask")),
        ("500 Internal Server Error", {"message": "Internal Server Error"}, ("failed", "500")),
        ("200 OK", {"version": "0.0.1", "database": "available"}, ("warning", "release 0.0.1")),
        ("200 OK", {"hello": "world"}, ("failed", "not answer as")),
    ],
)
def test_an_api_that_does_not_answer_as_it_should(
    examine: Examine, status: str, body: dict[str, Any], expected: tuple[str, str]
) -> None:
    with answering(status, body) as (url, _asked):
        code, findings = examine(made({"Api": url})["name"])
    verdict, said = expected
    assert (code, wrong(findings)) == (int(verdict == "failed"), ["API"])
    assert findings["API"]["verdict"] == verdict
    assert said in findings["API"]["detail"]


def test_what_was_given_up(examine: Examine, stack: dict[str, str]) -> None:
    boto3.client("sqs").send_message(QueueUrl=stack["AnalyzeDlq"], MessageBody="{}")
    code, findings = examine()
    assert (code, wrong(findings)) == (1, ["given up in AnalyzeDlq"])
    assert "start-message-move-task" in findings["given up in AnalyzeDlq"]["advice"]


def test_a_bucket_that_is_gone(examine: Examine, stack: dict[str, str]) -> None:
    boto3.client("s3").delete_bucket(Bucket=stack["ArchiveBucket"])
    code, findings = examine()
    assert (code, wrong(findings)) == (1, ["archive store"])


def test_a_cache_without_mount_targets(examine: Examine, stack: dict[str, str]) -> None:
    client = boto3.client("efs")
    for target in client.describe_mount_targets(FileSystemId=stack["CacheFileSystem"])["MountTargets"]:
        client.delete_mount_target(MountTargetId=target["MountTargetId"])
    code, findings = examine()
    assert (code, wrong(findings)) == (1, ["layer cache"])


def test_an_event_source_that_is_disabled(examine: Examine, stack: dict[str, str]) -> None:
    boto3.client("lambda").update_event_source_mapping(UUID=stack["AnalyzeFunctionQueue"], Enabled=False)
    code, findings = examine()
    assert (code, wrong(findings)) == (1, ["event source AnalyzeFunctionQueue"])


def test_alarms_that_are_raised_and_those_of_others(examine: Examine, stack: dict[str, str]) -> None:
    client = boto3.client("cloudwatch")
    names = [f"{stack['name']}-AnalyzeDlqAlarm-1AB2C", f"{stack['name']}-other-AnalyzeDlqAlarm-1AB2C"]
    for name in names:  # as CloudFormation names them; moto makes none
        client.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="Messages of analyze were given up",
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
        client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    code, findings = examine()
    assert (code, wrong(findings)) == (1, [f"alarm {names[0]}"])
    assert "given up" in findings[f"alarm {names[0]}"]["detail"]


def test_a_registry_out_of_reach_and_alarms_that_nobody_hears(examine: Examine, api: str) -> None:
    document = json.dumps({"registries": [{"host": "127.0.0.1:9", "insecure_http": True, "allow_private": True}]})
    secret = boto3.client("secretsmanager").create_secret(Name=uuid4().hex, SecretString=document)["ARN"]
    code, findings = examine(made({"Api": api, "RegistriesSecret": secret, "AlarmTopic": ""})["name"])
    assert code == 1
    assert wrong(findings) == ["alarm topic", "registry 127.0.0.1:9", "way out to 127.0.0.1:9"]
    assert "Egress=nat" in findings["way out to 127.0.0.1:9"]["advice"]


def test_a_secret_that_is_gone(examine: Examine, api: str) -> None:
    gone = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:gone-AbCdEf"
    code, findings = examine(made({"Api": api, "RegistriesSecret": gone})["name"])
    assert (code, wrong(findings)) == (1, ["registries"])
