"""`cargohold rules`: added one by one or from a file, tried, run, and what they did."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.analyses import EPOCH, digest, pushed
from tests.harness.command import Command, command_line
from tests.harness.transitions import World

from cargohold.database.connection import Database
from cargohold.objects.open import open_store

FILE = """
rules:
  - name: old-builds
    transition: archive
    selector: {repository: shop/*, tag: build-*}
    analysis_age_days: 30
    exclusions: [{selector: {tag: build-keep-*}, expiration_days: 90}]
  - {name: few, transition: archive, max_images: 3, priority: 5, enabled: false}
"""


@pytest.fixture
def cargohold(
    database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    with command_line(database_url, tmp_path, capfd, monkeypatch) as command:
        yield command


@pytest.fixture
def world(cargohold: Command, database: Database, database_url: str, tmp_path: Path) -> Iterator[World]:
    primary, archive = (open_store((tmp_path / name).as_uri()) for name in ("primary", "archive"))
    world = World(database, database_url, primary, archive)
    yield world
    world.close()


def written(tmp_path: Path, text: str = FILE) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    return str(path)


def test_a_rule_is_added_changed_shown_and_removed(cargohold: Command) -> None:
    cargohold("rules", "add", "old", "--age", "30", "--tag", "v*", "--exclude", "shop/*:v1@60", "--exclude", "b")
    (rule,) = cargohold.json("rules", "show", "old")
    assert rule["rule"]["exclusions"] == [
        {"selector": {"registry": "*", "repository": "shop/*", "tag": "v1"}, "expiration_days": 60},
        {"selector": {"registry": "*", "repository": "b", "tag": "*"}},
    ]
    cargohold("rules", "edit", "old", "--newer-tags", "2", "--unset", "analysis_age_days", "--no-enabled")
    (rule,) = cargohold.json("rules", "list")
    assert not rule["enabled"]
    assert rule["rule"]["tag_versions_newer"] == 2
    assert "analysis_age_days" not in rule["rule"]
    assert rule["rule"]["selector"]["tag"] == "v*"
    assert "archive */*:v* when tag_versions_newer 2, 2 exclusions" in cargohold("rules", "list")
    cargohold("rules", "edit", "old", "--unset", "tag_versions_newer", code=1)
    assert "criterion" in cargohold.err
    cargohold("rules", "remove", "old")
    cargohold("rules", "show", "old", code=1)
    assert "rule_unknown" in cargohold.err


def test_a_file_is_applied_once_and_then_again_without_effect(cargohold: Command, tmp_path: Path) -> None:
    cargohold("rules", "add", "other", "--age", "1")
    file = written(tmp_path)
    assert cargohold.json("rules", "apply", "-f", file, "--dry-run")["added"] == ["old-builds", "few"]
    assert [rule["name"] for rule in cargohold.json("rules", "list")] == ["other"]
    assert cargohold.json("rules", "apply", "-f", file)["added"] == ["old-builds", "few"]
    before = cargohold.json("rules", "list")
    again = cargohold.json("rules", "apply", "-f", file)
    assert again == {"added": [], "changed": [], "unchanged": ["old-builds", "few"], "removed": []}
    assert cargohold.json("rules", "list") == before
    assert {rule["name"]: rule["enabled"] for rule in before} == {"few": False, "old-builds": True, "other": True}
    changed = cargohold.json("rules", "apply", "--prune", "-f", written(tmp_path, FILE.replace("30", "31")))
    assert changed == {"added": [], "changed": ["old-builds"], "unchanged": ["few"], "removed": ["other"]}


def test_what_is_shown_is_a_file_that_changes_nothing(cargohold: Command, tmp_path: Path) -> None:
    cargohold("rules", "apply", "-f", written(tmp_path))
    shown = cargohold("rules", "show")
    applied = cargohold.json("rules", "apply", "--prune", "-f", written(tmp_path, shown))
    assert applied["unchanged"] == ["few", "old-builds"]
    assert not applied["changed"] + applied["added"] + applied["removed"]


def test_a_wrong_file_changes_nothing(cargohold: Command, tmp_path: Path) -> None:
    cargohold("rules", "apply", "-f", written(tmp_path, FILE.replace("30", "-1")), code=1)
    assert "invalid_rule: The archive rule is not valid: old-builds: analysis_age_days" in cargohold.err
    assert cargohold.json("rules", "list") == []


def test_a_dry_run_and_an_explanation_name_the_tag_that_holds_back(cargohold: Command, world: World) -> None:
    cargohold("rules", "add", "builds", "--age", "30", "--tag", "build-*")
    world.push(image=digest("goes"), tag="build-1")
    both = tuple(pushed(EPOCH, tag, digest=digest("stays")) for tag in ("build-2", "stable"))
    world.push(image=digest("stays"), references=both)
    world.push(image=digest("other"), tag="stable-1")
    text = cargohold("rules", "dry-run")
    assert f"archive  {digest('goes')}  taken by the rule builds: analysis_age_days" in text
    assert f"keep  {digest('stays')}  held back by registry.example/shop/checkout:stable" in text
    assert digest("other") not in text
    assert "builds: its selector does not match" in cargohold("rules", "dry-run", digest("other")[7:20])
    (said,) = cargohold.json("rules", "dry-run", digest("goes"))
    assert said["transition"] == "archive"
    cargohold("rules", "dry-run", "unknown", code=3)


def test_a_run_archives_and_leaves_its_history(cargohold: Command, world: World) -> None:
    cargohold("rules", "add", "builds", "--age", "30")
    world.push()
    assert "1 images examined" in cargohold("rules", "run") + cargohold.err
    assert world.status() == (None, "archived")
    (run,) = cargohold.json("rules", "history", "builds")["items"]
    assert (run["selected"], run["requested"], run["dry_run"]) == (1, 1, False)
    assert "builds" in cargohold("rules", "history")
    assert cargohold.json("rules", "history", "other")["items"] == []
