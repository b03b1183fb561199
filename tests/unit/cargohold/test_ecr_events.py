"""ECR's own events become the messages that everybody understands."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cargohold.contracts import AnalyzeRequest, ReferenceRemoved
from cargohold.ecr_events import is_ecr_event, normalise_ecr
from cargohold.errors import InvalidMessage

EVENTS = Path(__file__).parents[3] / "events"
DIGEST = "sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd12345678"


def sample(name: str, **detail: Any) -> dict[str, Any]:
    event = json.loads((EVENTS / f"{name}.json").read_text())
    event["detail"] |= {key.replace("_", "-"): value for key, value in detail.items()}
    return event


def test_push_becomes_a_request() -> None:
    request = normalise_ecr(sample("ecr-push"))
    assert isinstance(request, AnalyzeRequest)
    assert request.reference.registry == "123456789012.dkr.ecr.us-west-2.amazonaws.com"
    assert (request.reference.repository, request.reference.tag) == ("shop/checkout", "latest")
    assert request.reference.digest == DIGEST
    assert request.reference.pushed_at is not None
    assert request.reference.pushed_at.isoformat() == "2026-11-16T01:54:34+00:00"
    assert request.reason == "push"
    assert request.correlation_id == "13cde686-328b-6117-af20-0e5566167482"


def test_delete_becomes_a_removal() -> None:
    removal = normalise_ecr(sample("ecr-delete"))
    assert isinstance(removal, ReferenceRemoved)
    assert removal.reference.tag == "latest"
    assert removal.removed_at.isoformat() == "2026-11-16T02:01:05+00:00"


def test_china_has_its_own_suffix() -> None:
    event = sample("ecr-push") | {"region": "cn-north-1"}
    request = normalise_ecr(event)
    assert isinstance(request, AnalyzeRequest)
    assert request.reference.registry == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"


@pytest.mark.parametrize("tag", [None, ""])
def test_tag_may_be_missing(tag: str | None) -> None:
    request = normalise_ecr(sample("ecr-push", image_tag=tag))
    assert isinstance(request, AnalyzeRequest)
    assert request.reference.tag == ""
    event = sample("ecr-push")
    del event["detail"]["image-tag"]
    assert normalise_ecr(event) is not None


@pytest.mark.parametrize(
    "detail",
    [
        {"artifact_media_type": "application/vnd.dev.cosign.artifact.sig.v1+json"},
        {"manifest_media_type": "application/vnd.oci.artifact.manifest.v1+json"},
        {"result": "FAILURE"},
        {"action_type": "ARCHIVE"},
        {"image_tag": None, "image_digest": None},
    ],
)
def test_what_concerns_no_image_is_ignored(detail: dict[str, Any]) -> None:
    assert normalise_ecr(sample("ecr-push", **detail)) is None


@pytest.mark.parametrize(
    ("name", "repository", "tag"),
    [("ecr-replication", "shop/checkout", "latest"), ("ecr-pull-through", "docker-hub/alpine", "3.17.2")],
)
def test_a_copy_becomes_a_request_for_the_registry_that_has_it(name: str, repository: str, tag: str) -> None:
    request = normalise_ecr(sample(name))
    assert isinstance(request, AnalyzeRequest)
    assert request.reference.registry == "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    assert (request.reference.repository, request.reference.tag) == (repository, tag)
    assert (request.reference.digest, request.reason) == (DIGEST, "push")


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("ecr-replication", {"result": "FAILED"}),
        ("ecr-replication", {"action_type": "DELETE"}),
        ("ecr-pull-through", {"sync_status": "FAILURE"}),
        ("ecr-pull-through", {"image_tag": None, "image_digest": None}),
    ],
)
def test_a_copy_that_failed_is_ignored(name: str, detail: dict[str, Any]) -> None:
    assert normalise_ecr(sample(name, **detail)) is None


@pytest.mark.parametrize(
    "kind", ["ECR Referrer Action", "ECR Artifact Action", "ECR Image Scan", "ECR Scan Resource Change"]
)
def test_other_events_are_ignored(kind: str) -> None:
    event = sample("ecr-push") | {"detail-type": kind}
    assert is_ecr_event(event)
    assert normalise_ecr(event) is None


def test_media_types_of_images_pass() -> None:
    event = sample(
        "ecr-push",
        manifest_media_type="application/vnd.oci.image.index.v1+json",
        artifact_media_type="application/vnd.oci.image.config.v1+json",
    )
    assert normalise_ecr(event) is not None


@pytest.mark.parametrize("missing", ["account", "region", "time", "detail"])
def test_malformed_events_are_permanent_errors(missing: str) -> None:
    event = copy.deepcopy(sample("ecr-push"))
    del event[missing]
    with pytest.raises(InvalidMessage, match=missing):
        normalise_ecr(event)


@pytest.mark.parametrize("event", [None, [], "x", {}, {"source": "aws.s3", "detail-type": "x"}])
def test_only_ecr_is_recognised(event: object) -> None:
    assert not is_ecr_event(event)
