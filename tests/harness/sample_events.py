"""The samples under `events/`: which function each is for, what it answers to an empty database and what that causes.

What a sample causes is told in lines: messages as `QUEUE: KIND WHAT`, where `bus` is what users get, and
`row: TABLE` for each new row of another table.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.harness.sam import ROOT

EVENTS = ROOT / "events"
_TOKEN = "0123456789abcdef0123456789abcdef"  # of the path in every sample of a hook
_AUTHORIZATION = {"authorization": "Bearer notification-secret"}
_SECRET = {"secret": "notification-secret"}
# What verifies the samples of each registry beside the token: path's name, kind, host.
_HOOKS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("example", "distribution", "registry.example.com", _AUTHORIZATION),
    ("gitlab", "gitlab", "gitlab.example.com", _AUTHORIZATION),
    ("harbor", "harbor", "harbor.example.com", _AUTHORIZATION),
    ("hub", "docker_hub", "docker.io", {}),
    ("quay", "quay", "quay.io", {}),
    ("github", "github", "ghcr.io", _SECRET),
    ("azure", "acr", "team.azurecr.io", _AUTHORIZATION),
    ("google", "google", "europe-docker.pkg.dev", {}),
    ("nexus", "nexus", "nexus.example.com", _SECRET),
)
REGISTRIES = [
    {"name": name, "host": host, "hook": {"kind": kind, "token": _TOKEN, **verified}}
    for name, kind, host, verified in _HOOKS
]
# What the samples name and a machine without AWS does not have.
ABSENT = [*(host for _name, _kind, host, _verified in _HOOKS), "123456789012.dkr.ecr.eu-central-1.amazonaws.com"]
ABSENT += [f"api.ecr.{region}.amazonaws.com" for region in ("eu-central-1", "us-east-1", "us-west-2")]

# Go to users, by the bus.
PUBLISHED = {"image-analyzed", "image-analysis-failed", "image-archived", "image-restored", "image-deleted"}
PUBLISHED |= {"bundle-damaged"}
# These come by a schedule, or ask a question; all others by the queue of their function.
_DIRECT = {"ArchiveScheduleFunction", "ApiFunction", "IntakeFunction"}


def samples() -> dict[str, dict[str, Any]]:
    """Return every sample by its name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVENTS.glob("*.json"))}


def delivered(event: dict[str, Any], function: str) -> dict[str, Any]:
    """Return an event as its function gets it: in a batch of its queue unless it comes by itself."""
    if function in _DIRECT or (event.get("kind") == "ReconcileRun" and not event.get("registry")):
        return event
    # A receipt is a number here: messages are in the database.
    given = {"messageId": "1", "receiptHandle": "1", "attributes": {"ApproximateReceiveCount": "1"}}
    bodies = [record["body"] for record in event["Records"]] if "Records" in event else [json.dumps(event)]
    return {"Records": [{"body": body, **given} for body in bodies]}


def line(queue: str, message: dict[str, Any]) -> str:
    """Return what a message is, without what differs at every run."""
    reference = message.get("reference") or {}
    name = "/".join(filter(None, (reference.get("registry"), reference.get("repository"))))
    tag = f":{reference['tag']}" if reference.get("tag") else ""
    digest = f"@{reference['digest'][:14]}" if reference.get("digest") else ""
    what = (name + tag + digest, message.get("registry"), message.get("job"), message.get("error_code"))
    return " ".join((f"{queue}: {message['kind']}", *filter(None, what)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function does with a sample. `answer` is what its answer has at least."""

    function: str
    answer: dict[str, Any]
    caused: tuple[str, ...] = ()


def _hook(*caused: str) -> Outcome:
    return Outcome("IntakeFunction", {"statusCode": 202}, caused)


def _pushed(*images: str) -> Outcome:
    return _hook(*(f"analyze: AnalyzeRequest {image}" for image in images))


def _removed(*images: str) -> Outcome:
    return _hook(*(f"persist: ReferenceRemoved {image}" for image in images))


def _done(function: str, *caused: str) -> Outcome:
    return Outcome(function, {"batchItemFailures": []}, caused)


def _later(image: str) -> Outcome:
    """A registry that is not there: the request comes again, and who asks is told."""
    told = f"persist: AnalysisFailed {image} registry_unavailable"
    return Outcome("AnalyzeFunction", {"batchItemFailures": [{"itemIdentifier": "1"}]}, (told,))


def _scheduled(answer: dict[str, Any], *caused: str) -> Outcome:
    return Outcome("ArchiveScheduleFunction", answer, caused)


def _reconciled(hosts: Iterable[str]) -> Outcome:
    due = list(hosts)
    runs = tuple(f"reconcile: ReconcileRun {host}" for host in due)
    return Outcome("ReconcileFunction", {"registries": due}, runs)


_ECR = "123456789012.dkr.ecr.{}.amazonaws.com/{}"
_CHECKOUT = _ECR.format("eu-central-1", "shop/checkout:2.4.1@sha256:3b7a9f1")
_PUSHED = "@sha256:1a6bfda"

OUTCOMES = {
    "acr-delete": _removed(f"team.azurecr.io/team/app{_PUSHED}"),
    "acr-event-grid-cloudevents-delete": _removed(f"team.azurecr.io/team/app{_PUSHED}"),
    "acr-event-grid-cloudevents-validation": Outcome(
        "IntakeFunction",
        {
            "statusCode": 200,
            "headers": {"webhook-allowed-origin": "eventgrid.azure.net", "webhook-allowed-rate": "*", "allow": "POST"},
        },
    ),
    "acr-event-grid-push": _pushed(f"team.azurecr.io/team/app:v1{_PUSHED}"),
    "acr-event-grid-validation": Outcome(
        "IntakeFunction", {"statusCode": 200, "body": '{"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}'}
    ),
    "acr-push": _pushed(f"team.azurecr.io/team/app:v1{_PUSHED}"),
    "analysis-failed": _done("PersistFunction", "row: attempt"),
    # Its documents are not in the store.
    "analysis-ready": _done(
        "PersistFunction", f"bus: ImageAnalysisFailed {_CHECKOUT} object_not_found", "row: attempt"
    ),
    "analysis-started": _done("PersistFunction", "row: attempt"),
    "analyze-request": _later(_CHECKOUT),
    "analyze-request-child": _later(_CHECKOUT),
    "api-images": Outcome("ApiFunction", {"statusCode": 200, "body": '{"items":[],"next":null}'}),
    "distribution-delete": _removed(
        "registry.example.com/team/app@sha256:d2ea660", "registry.example.com/team/app:1.1"
    ),
    "distribution-push": _pushed(f"registry.example.com/team/app:1.1{_PUSHED}"),
    "docker-hub-push": _pushed("docker.io/team/app:latest"),
    "ecr-delete": _done("PersistFunction", "row: reference_event"),
    "ecr-pull-through": _later(_ECR.format("us-east-1", "docker-hub/alpine:3.17.2@sha256:7f5b264")),
    "ecr-push": _later(_ECR.format("us-west-2", "shop/checkout:latest@sha256:7f5b264")),
    "ecr-replication": _later(_ECR.format("us-east-1", "shop/checkout:latest@sha256:7f5b264")),
    "github-package": _pushed(f"ghcr.io/team/app:1.1{_PUSHED}"),
    "github-registry-package": _pushed(f"ghcr.io/team/app{_PUSHED}"),
    "gitlab-push": _pushed(f"gitlab.example.com/group/project/app:main{_PUSHED}"),
    "google-delete": _removed("europe-docker.pkg.dev/team/images/app:1.1"),
    "google-push": _pushed(f"europe-docker.pkg.dev/team/images/app:1.1{_PUSHED}"),
    "harbor-cloudevents-delete": _removed(f"harbor.example.com/team/debian{_PUSHED}"),
    "harbor-cloudevents-push": _pushed(f"harbor.example.com/team/debian:latest{_PUSHED}"),
    "harbor-delete": _removed(f"harbor.example.com/team/debian{_PUSHED}"),
    "harbor-push": _pushed(f"harbor.example.com/team/debian:latest{_PUSHED}"),
    # What it names nobody has uploaded; the same for the images and the bundle below.
    "import-request": _done("ArchiveFunction"),
    "nexus-delete": _removed("nexus.example.com/team/app:1.1"),
    "nexus-push": _pushed("nexus.example.com/team/app:1.1"),
    "quay-push": _pushed("quay.io/team/app:latest", "quay.io/team/app:1.1", "quay.io/team/app:1"),
    # A registry that the document no longer names.
    "reconcile-continue": _done("ReconcileFunction"),
    "reference-removed": _done("PersistFunction", "row: reference_event"),
    "s3-restore-completed": _done("ArchiveFunction"),
    "schedule-archive-audit": _scheduled({"job": "archive-audit"}, "archive: ScheduledRun archive-audit"),
    "schedule-archive-continue": _scheduled({"job": "archive-continue", "requested": 0}),
    "schedule-archive-rules": _scheduled({"job": "archive-rules", "dry_run": False, "requested": 0}),
    "schedule-archive-rules-dry-run": _scheduled({"job": "archive-rules", "dry_run": True, "requested": 0}),
    "schedule-reconcile": _reconciled(host for _name, _kind, host, _verified in _HOOKS),
    "sqs-analyze-request": _later(_CHECKOUT),
    "transition-archive": _done("ArchiveFunction"),
    "transition-restore": _done("ArchiveFunction"),
}
