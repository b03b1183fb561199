"""What reaches analyze, and what of it is wanted."""

import json
from pathlib import Path
from typing import Any

import pytest

from analyze.requests import parse_request
from cargohold.registry.configuration import Source

EVENTS = Path(__file__).parents[3] / "events"
ECR = json.loads((EVENTS / "ecr-push.json").read_text())
HOST = f"{ECR['account']}.dkr.ecr.{ECR['region']}.amazonaws.com"


def registries(tmp_path: Path, *entries: dict[str, Any]) -> Source:
    (tmp_path / "registries.json").write_text(json.dumps({"registries": entries}))
    return Source(f"file:{tmp_path / 'registries.json'}")


@pytest.mark.parametrize(
    ("repositories", "wanted"),
    [([], True), ([ECR["detail"]["repository-name"]], True), (["*"], True), (["other/*"], False)],
)
def test_globs_of_repositories_hold_for_the_events_of_ecr(
    tmp_path: Path, repositories: list[str], wanted: bool
) -> None:
    for host in (HOST, "*.dkr.ecr.*.amazonaws.com"):
        known = registries(tmp_path, {"host": host, "repositories": repositories})
        assert (parse_request(json.dumps(ECR), known) is not None) is wanted


def test_a_request_by_name_is_not_held_back(tmp_path: Path) -> None:
    request = json.loads((EVENTS / "analyze-request.json").read_text())
    known = registries(tmp_path, {"host": request["reference"]["registry"], "repositories": ["none"]})
    assert parse_request(request, known) is not None


def test_a_document_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = registries(tmp_path, {"host": HOST, "repositories": ["none"]})
    assert parse_request(ECR, known) is None
    registries(tmp_path, {"host": HOST})
    assert parse_request(ECR, known) is None
    monkeypatch.setattr("cargohold.registry.configuration._MAX_AGE", -1)
    assert parse_request(ECR, known) is not None


def test_a_deletion_is_not_analyze_s(tmp_path: Path) -> None:
    event = json.loads((EVENTS / "ecr-delete.json").read_text())
    assert parse_request(event, registries(tmp_path)) is None
