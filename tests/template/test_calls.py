"""Each role against the AWS calls that its function's code makes: nothing is missing, and nothing is there for nothing.

Every function runs as deployed, with the environment that the template gives it, on moto, a real Postgres
and a real registry, through everything that makes it call AWS in another way.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests.harness import registry
from tests.harness.aws_calls import Call
from tests.harness.aws_world import ACCOUNT, ECR, REGION, AwsWorld, event, later, layer
from tests.harness.postgres import PostgresServer
from tests.harness.template import ATTACHING, statements

ROLES = [
    "AnalyzeRole",
    "PersistRole",
    "PersistScheduleRole",
    "ArchiveRole",
    "ArchiveScheduleRole",
    "ApiRole",
    "IntakeRole",
    "ReconcileRole",
    "MigrateRole",
]

# What S3 calls by another name than its operation has.
S3_ACTIONS = {
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
}

# What no call of an SDK shows, and why it is granted all the same.
UNSEEN = {
    "logs:CreateLogStream": "Lambda writes the log",
    "logs:PutLogEvents": "Lambda writes the log",
    "xray:PutTraceSegments": "Lambda's daemon sends traces",
    "xray:PutTelemetryRecords": "Lambda's daemon sends traces",
    "sqs:ReceiveMessage": "Lambda polls the queue",
    "sqs:DeleteMessage": "Lambda polls the queue",
    "sqs:GetQueueAttributes": "Lambda polls the queue",
    "kms:Decrypt": "S3 and Lambda use the key for the function",
    "kms:GenerateDataKey": "S3 uses the key for the function",
    "rds-db:connect": "a token is signed here, and Aurora looks at the right",
    "elasticfilesystem:ClientMount": "NFS, mounted before the code runs",
    "elasticfilesystem:ClientWrite": "NFS",
} | dict.fromkeys(ATTACHING, "Lambda attaches the function to the network")
UNSEEN_OF = {
    ("AnalyzeRole", "ecr:BatchGetImage"): "ECR asks for it when a manifest is pulled by the registry's protocol",
    ("AnalyzeRole", "ecr:GetDownloadUrlForLayer"): "likewise for a blob",
    ("AnalyzeRole", "ecr:BatchCheckLayerAvailability"): "likewise for whether a blob is there",
    (
        "AnalyzeRole",
        "s3:AbortMultipartUpload",
    ): "an upload of more than 8 MiB breaks: tests/conformance/test_objects.py",
    ("ArchiveRole", "s3:AbortMultipartUpload"): "likewise",
    ("PersistRole", "s3:ListBucket"): "S3 tells a missing object from a forbidden one",
    ("ApiRole", "s3:ListBucket"): "S3 tells a missing object from a forbidden one",
}


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(
    transformed: dict[str, Any], moto: str, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AwsWorld]:
    """The stack after everything has happened to it that makes a function call AWS in another way."""
    directory = tmp_path_factory.mktemp("rights")
    (directory / "registry").mkdir()
    with registry.running(directory / "registry") as source, postgres.new_database() as url:
        world = AwsWorld(transformed, moto, source.host, url, directory)
        results = notified_and_analyzed(world)
        asked_and_archived(world, *results)
        scheduled(world, *results)
        yield world


def notified_and_analyzed(world: AwsWorld) -> list[dict[str, Any]]:
    """Registries tell of images, whole and broken ones; return the results of two that become rows."""
    world.invoke("IntakeFunction", event("distribution-push"), event("distribution-delete"))
    assert world.take("Analyze")
    removed = world.take("Persist")
    assert removed
    first = world.push("shop/checkout:1.0", layer(**{"etc/os-release": b"ID=alpine\nVERSION_ID=3.20\n"}))
    second = world.push("shop/checkout:2.0", layer(**{"etc/os-release": b"ID=debian\nVERSION_ID=12\n"}))
    world.push("shop/checkout:broken", b"no tar", claimed=b"another")
    world.push_index("shop/checkout:all", first, second)
    asked = [world.request(tag) for tag in ("1.0", "2.0", "broken", "all")]
    world.deliver("AnalyzeFunction", *asked, world.request("1.0", registry=ECR))
    assert len(world.take("Analyze")) == 2, "the images of the index"
    sent = world.take("Persist")
    results = [message for message in sent if message["kind"] == "AnalysisReady"]
    assert {result["image"] for result in results} == {first, second}
    # A record that is damaged is made anew.
    world.forget_cache()
    for key in world.objects("records/"):
        world.client("s3").put_object(Bucket="objectsbucket", Key=key, Body=b"damaged")
    world.deliver("AnalyzeFunction", world.request("1.0", force=True))
    again = [message for message in world.take("Persist") if message["kind"] == "AnalysisReady"]
    assert again
    # One tag more than the registry has, for reconcile.
    gone = [again[0]["references"][0] | {"tag": "gone"}, *again[0]["references"]]
    world.deliver("PersistFunction", *removed, *sent, again[0] | {"references": gone})
    # Nothing answers at the database.
    away = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    world.deliver("PersistFunction", *sent[:1], environment=away)
    world.deliver("ArchiveFunction", world.transition(first, "archive"), environment=away)
    return results


def asked_and_archived(world: AwsWorld, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Somebody asks the API for documents and transitions, and bundles are in a cold class by then."""
    world.ask("GET", f"/v1/images/{first['image']}/sbom")
    world.ask("POST", f"/v1/images/{first['image']}/analyze")
    world.ask("POST", f"/v1/images/{first['image']}/archive")
    assert len(world.take("Analyze")) == 1
    world.deliver("ArchiveFunction", *world.take("Archive"), world.transition(second["image"], "archive"))
    assert len(world.objects("", "archivebucket")) == 2
    world.ask("GET", f"/v1/archives/{first['image']}/bundle")
    world.ask("GET", f"/v1/archives/{first['image']}/bundle")
    world.ask("POST", "/v1/reconciliations", {"registry": world.registry})
    assert [run["registry"] for run in world.take("Reconcile")] == [world.registry]
    imported = json.loads(world.ask("POST", "/v1/imports")["body"])["import_id"]
    world.ask("PUT", f"/v1/imports/{imported}/parts/1", b"no bundle", "application/octet-stream")
    world.ask("POST", f"/v1/imports/{imported}", {"parts": 1, "size": 9, "sha256": "0" * 64})
    world.deliver("ArchiveFunction", *world.take("Archive"))
    assert json.loads(world.ask("GET", f"/v1/imports/{imported}")["body"])["state"] == "failed"
    world.client("s3").delete_object(Bucket="archivebucket", Key=f"uploads/{imported}/outcome")
    world.deliver("ArchiveFunction", event("schedule-archive-audit"), lives_for=60)
    assert world.take("Archive"), "there was no time for the second bundle"
    for key in world.objects("", "archivebucket"):
        cold = {"StorageClass": "GLACIER", "MetadataDirective": "COPY"}
        source = {"Bucket": "archivebucket", "Key": key}
        world.client("s3").copy_object(Bucket="archivebucket", Key=key, CopySource=source, **cold)
    # Pushed again when its documents were about to go.
    pushed = second["references"][0] | {"pushed_at": later(1)}
    world.deliver("PersistFunction", second | {"references": [pushed]})
    assert len(world.take("Analyze")) == 1
    restore = world.transition(first["image"], "restore")
    world.deliver("ArchiveFunction", restore)
    world.deliver("ArchiveFunction", restore)
    assert [message["origin"] for message in world.take("Persist")] == ["restore"]
    world.deliver("ArchiveFunction", world.transition(second["image"], "delete_archive"))


def scheduled(world: AwsWorld, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Every schedule comes, and finds something to do."""
    world.invoke("MigrateFunction", {})
    world.invoke("ArchiveScheduleFunction", event("schedule-archive-audit"), event("schedule-archive-rules"))
    world.leave_behind(first["image"])
    world.leave_behind(second["image"], claimed=True)
    world.invoke("PersistScheduleFunction", {})
    world.put_into_ecr("shop/checkout:2.4.1")
    world.deliver("PersistFunction", event("analysis-failed"))
    world.invoke("ReconcileFunction", event("schedule-reconcile"))
    runs = world.take("Reconcile")
    assert {run["registry"] for run in runs} == {ECR, world.registry}
    world.deliver("ReconcileFunction", *runs, runs[0] | {"registry": "registry.invalid", "hops": 1})
    assert world.take("Analyze")
    assert world.take("Persist")


@pytest.mark.parametrize("role", ROLES)
def test_no_right_is_missing(world: AwsWorld, role: str) -> None:
    allowed = list(granted(world, role))
    made = {(action(call), resource(call)) for call in world.calls[role]}

    refused = [
        (name, on) for name, on in made if not any(name == a and fnmatchcase(on, pattern) for a, pattern in allowed)
    ]
    assert not refused, sorted(refused)


@pytest.mark.parametrize("role", ROLES)
def test_no_right_is_unused(world: AwsWorld, role: str) -> None:
    made = {(action(call), resource(call)) for call in world.calls[role]}

    unused = [
        (name, pattern)
        for name, pattern in granted(world, role)
        if name not in UNSEEN and (role, name) not in UNSEEN_OF and "DeliveryDlq" not in pattern
        if not any(name == a and fnmatchcase(on, pattern) for a, on in made)
    ]
    assert not unused, sorted(unused)


def action(call: Call) -> str:
    if call.service == "s3":
        return S3_ACTIONS.get(call.operation, f"s3:{call.operation}")
    return f"{call.service}:{call.operation}"


def resource(call: Call) -> str:
    """Return the ARN that a call is on, as IAM sees it."""
    given = call.parameters
    here = f"{REGION}:{ACCOUNT}"
    match call.service:
        case "s3":
            return "arn:aws:s3:::" + "/".join(given[name] for name in ("Bucket", "Key") if name in given)
        case "sqs":
            return f"arn:aws:sqs:{here}:{given['QueueUrl'].rpartition('/')[2]}"
        case "events":
            return f"arn:aws:events:{here}:event-bus/{given['EventBusName']}"
        case "secretsmanager":
            return given["SecretId"]
        case "ecr" if call.operation != "GetAuthorizationToken":
            return f"arn:aws:ecr:{here}:repository/{given.get('repositoryName', '*')}"
        case _:
            return "*"


def granted(world: AwsWorld, role: str) -> Iterator[tuple[str, str]]:
    """Yield each action with each pattern of resources on which it is allowed."""
    for policy in world.stack.resources[role].properties["Policies"]:
        for statement in statements(policy["PolicyDocument"]):
            for pattern in statement["Resource"]:
                for allowed in statement["Action"]:
                    yield allowed, world.physical(pattern)
