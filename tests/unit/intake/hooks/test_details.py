"""What one kind of hook has and the others have not."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cargohold.registry.document import Hook
from intake.hooks import acr, docker_hub, github, google, harbor, nexus, quay

EVENTS = Path(__file__).parents[4] / "events"


def body(name: str, **more: Any) -> bytes:
    content = json.loads(json.loads((EVENTS / f"{name}.json").read_text())["body"])
    return json.dumps(content | more if more else content).encode()


def test_quay_tells_every_tag_and_older_ones_tell_them_as_a_map() -> None:
    found = quay.parse(body("quay-push", updated_tags={"latest": "0a1b", "1.1": "2c3d"}), "quay.io")
    assert [notice.reference.tag for notice in found] == ["latest", "1.1"]
    assert quay.parse(b'{"repository": "team/app", "build_id": "x"}', "quay.io") == []


def test_an_official_image_of_docker_hub_lies_under_library() -> None:
    content = json.loads(body("docker-hub-push"))
    content["repository"]["repo_name"] = "nginx"
    (notice,) = docker_hub.parse(json.dumps(content).encode(), "docker.io")
    assert notice.reference.repository == "library/nginx"


@pytest.mark.parametrize("change", [{"action": "deleted"}, {"package": None, "zen": "ping"}])
def test_other_events_of_github_mean_nothing(change: dict[str, Any]) -> None:
    assert github.parse(body("github-package", **change), "ghcr.io") == []


def test_packages_of_other_ecosystems_mean_nothing() -> None:
    content = json.loads(body("github-package"))
    content["package"] |= {"package_type": "npm", "ecosystem": "npm"}
    assert github.parse(json.dumps(content).encode(), "ghcr.io") == []


@pytest.mark.parametrize("kind", ["PULL_ARTIFACT", "SCANNING_COMPLETED", "harbor.artifact.pulled", "harbor.quota"])
def test_other_events_of_harbor_mean_nothing(kind: str) -> None:
    assert harbor.parse(body("harbor-push", type=kind), "harbor.example.com") == []


def test_several_tags_of_one_artifact_are_several_pushes() -> None:
    content = json.loads(body("harbor-push"))
    (resource,) = content["event_data"]["resources"]
    content["event_data"]["resources"] = [resource, resource | {"tag": "1.1"}, resource]
    found = harbor.parse(json.dumps(content).encode(), "harbor.example.com")
    assert [notice.reference.tag for notice in found] == ["1.1", "latest"]


def test_assets_and_other_formats_of_nexus_mean_nothing() -> None:
    content = json.loads(body("nexus-push"))
    assert nexus.parse(json.dumps(content | {"action": "PURGED"}).encode(), "nexus.example.com") == []
    component = content.pop("component")
    assert nexus.parse(json.dumps(content | {"asset": component}).encode(), "nexus.example.com") == []
    content["component"] = component | {"format": "npm"}
    assert nexus.parse(json.dumps(content).encode(), "nexus.example.com") == []


def test_event_grid_gets_its_code_back_and_nobody_else_does() -> None:
    event = json.loads((EVENTS / "acr-event-grid-validation.json").read_text())
    headers, content = event["headers"], event["body"].encode()
    assert acr.handshake(headers, content) == {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}
    assert acr.handshake({}, content) is None
    assert acr.handshake(headers, body("acr-event-grid-push")) is None
    assert acr.handshake(headers, content.replace(b"512d38b6", b"x" * 9000)) is None
    assert acr.parse(content, "team.azurecr.io") == []


def google_body(change: dict[str, Any]) -> bytes:
    content = json.loads(body("google-push"))
    content["message"]["data"] = base64.b64encode(json.dumps(change).encode()).decode()
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"action": "INSERT", "digest": "us-docker.pkg.dev/other/images/app@sha256:" + "1" * 64},
        {"action": "INSERT", "digest": "no reference at all"},
        {"action": "INSERT"},
        {"action": "TOUCH", "tag": "europe-docker.pkg.dev/team/images/app:1"},
    ],
)
def test_what_is_of_another_registry_or_no_change_means_nothing(change: dict[str, Any]) -> None:
    assert google.parse(google_body(change), "europe-docker.pkg.dev") == []


def test_a_tag_of_google_that_goes_leaves_its_image() -> None:
    name = "europe-docker.pkg.dev/team/images/app"
    digest = "sha256:" + "1" * 64
    both = google_body({"action": "DELETE", "digest": f"{name}@{digest}", "tag": f"{name}:1"})
    (notice,) = google.parse(both, "europe-docker.pkg.dev")
    assert (notice.reference.tag, notice.reference.digest) == ("1", None)
    (notice,) = google.parse(google_body({"action": "DELETE", "digest": f"{name}@{digest}"}), "europe-docker.pkg.dev")
    assert (notice.reference.tag, notice.reference.digest) == ("", digest)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "quay", "authorization": "Bearer never-sent"},
        {"kind": "docker_hub", "secret": "never-used"},
        {"kind": "github"},
        {"kind": "nexus", "authorization": "not-how-it-signs"},
        {"kind": "harbor", "secret": "not-how-it-signs"},
        {"kind": "google", "service_account": "pubsub@team.iam.gserviceaccount.com"},
        {"kind": "distribution", "authorization": ""},
        {"kind": "other"},
    ],
)
def test_a_hook_says_when_what_it_is_given_would_not_protect_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Hook.model_validate({"token": "0123456789abcdef"} | wrong)
