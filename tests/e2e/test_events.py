"""Every event under `events/` given to its function by `sam local`, and the API and the hooks over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import urllib3
from botocore.config import Config
from tests.harness.postgres import PostgresServer
from tests.harness.sam import ROOT, Local

pytestmark = pytest.mark.slow

EVENTS = ROOT / "events"
AUTHORIZATION = {"authorization": "Bearer notification-secret"}
SECRET = {"secret": "notification-secret"}
# What verifies the samples of each registry beside the token in the path: path's name, kind, host.
HOOKS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("example", "distribution", "registry.example.com", AUTHORIZATION),
    ("gitlab", "gitlab", "gitlab.example.com", AUTHORIZATION),
    ("harbor", "harbor", "harbor.example.com", AUTHORIZATION),
    ("hub", "docker_hub", "docker.io", {}),
    ("quay", "quay", "quay.io", {}),
    ("github", "github", "ghcr.io", SECRET),
    ("azure", "acr", "team.azurecr.io", AUTHORIZATION),
    ("google", "google", "europe-docker.pkg.dev", {}),
    ("nexus", "nexus", "nexus.example.com", SECRET),
)
FUNCTIONS = {
    "analyze-request": "AnalyzeFunction",
    "analyze-request-child": "AnalyzeFunction",
    "sqs-analyze-request": "AnalyzeFunction",
    "ecr-push": "AnalyzeFunction",
    "ecr-pull-through": "AnalyzeFunction",
    "ecr-replication": "AnalyzeFunction",
    "ecr-delete": "PersistFunction",
    "analysis-started": "PersistFunction",
    "analysis-ready": "PersistFunction",
    "analysis-failed": "PersistFunction",
    "reference-removed": "PersistFunction",
    "transition-archive": "ArchiveFunction",
    "transition-restore": "ArchiveFunction",
    "import-request": "ArchiveFunction",
    "s3-restore-completed": "ArchiveFunction",
    "schedule-archive-rules": "ArchiveScheduleFunction",
    "schedule-archive-rules-dry-run": "ArchiveScheduleFunction",
    "schedule-archive-continue": "ArchiveScheduleFunction",
    "schedule-archive-audit": "ArchiveScheduleFunction",
    "schedule-reconcile": "ReconcileFunction",
    "reconcile-continue": "ReconcileFunction",
    "api-images": "ApiFunction",
}
# Go to users, by the bus.
PUBLISHED = {"image-analyzed", "image-analysis-failed", "image-archived", "image-restored", "image-deleted"}
PUBLISHED |= {"bundle-damaged"}
# These come by a schedule, or ask a question; all others by the queue of their function.
DIRECT = {"ArchiveScheduleFunction", "ApiFunction", "IntakeFunction"}


def samples() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVENTS.glob("*.json"))}


def function_of(name: str, event: dict[str, Any]) -> str:
    return "IntakeFunction" if event.get("rawPath", "").startswith("/hooks/") else FUNCTIONS[name]


def delivered(event: dict[str, Any], function: str) -> dict[str, Any]:
    """Return an event as its function gets it: in a batch of its queue unless it comes by itself."""
    if function in DIRECT or (event.get("kind") == "ReconcileRun" and not event.get("registry")):
        return event
    # A receipt is a number here: messages are in the database.
    given = {"messageId": "1", "receiptHandle": "1", "attributes": {"ApproximateReceiveCount": "1"}}
    bodies = [record["body"] for record in event["Records"]] if "Records" in event else [json.dumps(event)]
    return {"Records": [{"body": body, **given} for body in bodies]}


# What the samples name and a machine without AWS does not have.
ABSENT = [*(host for _name, _kind, host, _verified in HOOKS), "123456789012.dkr.ecr.eu-central-1.amazonaws.com"]
ABSENT += [f"api.ecr.{region}.amazonaws.com" for region in ("eu-central-1", "us-east-1", "us-west-2")]

Place = tuple[dict[str, str], dict[Path, str]]


@pytest.fixture(scope="module")
def place(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Settings and mounts: a database by its socket, and directories as EFS and object stores."""
    directory = tmp_path_factory.mktemp("place")
    with postgres.new_database() as url:
        sockets = Path(parse_qs(urlsplit(url).query)["host"][0])
        mounts = {sockets: str(sockets)}
        for name in ("objects", "archive", "cache", "settings"):
            (directory / name).mkdir()
            mounts[directory / name] = f"/mnt/{name}"
        token = samples()["distribution-push"]["pathParameters"]["token"]
        entries = [
            {"name": name, "host": host, "hook": {"kind": kind, "token": token, **verified}}
            for name, kind, host, verified in HOOKS
        ]
        (directory / "settings" / "registries.json").write_text(json.dumps({"registries": entries}))
        environment = {
            "DATABASE_URL": url,
            "DATABASE_AUTH": "password",
            "MESSAGING": "database",
            "OBJECT_STORE": "file:///mnt/objects",
            "ARCHIVE_STORE": "file:///mnt/archive",
            "REGISTRIES": "file:/mnt/settings/registries.json",
            "ECR_REGISTRY": "",
            "AWS_USE_DUALSTACK_ENDPOINT": "false",
        }
        yield environment, mounts


def test_every_event_is_taken_by_its_function(functions: Local, place: Place) -> None:
    found = samples()
    hooks = {name for name, event in found.items() if event.get("rawPath", "").startswith("/hooks/")}
    assert set(found) - PUBLISHED - hooks <= set(FUNCTIONS), "which function is it for?"

    answers: dict[str, Any] = {}
    with functions.serving("lambda", *place, absent=ABSENT) as address:
        config = Config(read_timeout=900, retries={"max_attempts": 0})
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("lambda", endpoint_url=address, region_name="eu-central-1", config=config, **keys)
        for name, event in found.items():
            if name in PUBLISHED:
                continue
            function = function_of(name, event)
            payload = json.dumps(delivered(event, function))
            answers[name] = json.loads(client.invoke(FunctionName=function, Payload=payload)["Payload"].read())
        for function in ("PersistScheduleFunction", "MigrateFunction"):
            answers[function] = json.loads(client.invoke(FunctionName=function, Payload="{}")["Payload"].read())

    failed = {name: answer for name, answer in answers.items() if "errorMessage" in answer}
    assert failed == {}
    refused = {name: answer for name, answer in answers.items() if answer.get("statusCode", 200) >= 300}
    assert refused == {}


def test_the_api_and_the_hooks_answer_over_http(functions: Local, place: Place) -> None:
    pushed = samples()["distribution-push"]
    with functions.serving("api", *place) as address:
        http = urllib3.PoolManager(timeout=600, retries=False)
        images = http.request("GET", f"{address}/v1/images?limit=10")
        unknown = http.request("GET", f"{address}/v1/nothing")
        body = pushed["body"]
        hook = http.request("POST", address + pushed["rawPath"], body=body, headers=pushed["headers"])
        forged = http.request("POST", address + pushed["rawPath"][:-1] + "0", body=body, headers=pushed["headers"])

    assert (images.status, images.json()["items"]) == (200, [])
    assert (unknown.status, unknown.json()["code"]) == (404, "route_unknown")
    assert (hook.status, forged.status) == (202, 401)
