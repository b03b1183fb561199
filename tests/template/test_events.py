"""The samples under `events/` are what producers send: whole, valid, and one of each message."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.harness.sam import ROOT

from cargohold import contracts

EVENTS = ROOT / "events"
KINDS = {
    model.__name__: model
    for model in vars(contracts).values()
    if isinstance(model, type) and issubclass(model, contracts.Message) and "kind" in model.model_fields
}


def samples() -> list[Path]:
    found = [path for path in EVENTS.glob("*.json") if "kind" in json.loads(path.read_text(encoding="utf-8"))]
    return sorted(found)


def kept(value: Any, sample: Any) -> Any:
    """Return `value` without the fields that `sample` does not have."""
    if isinstance(sample, dict):
        return {name: kept(value.get(name), item) for name, item in sample.items()}
    if isinstance(sample, list):
        return [kept(*pair) for pair in zip(value, sample, strict=True)]
    return value


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_a_sample_is_understood_to_the_last_field(path: Path) -> None:
    """Fields that are added later have defaults: what was sent before stays valid, and nothing of it is ignored."""
    sample: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    message = KINDS[sample["kind"]].model_validate(sample)

    assert kept(message.model_dump(mode="json"), sample) == sample


def test_every_message_has_a_sample() -> None:
    shown = {json.loads(path.read_text(encoding="utf-8"))["kind"] for path in samples()}

    assert shown == set(KINDS)


def test_the_batch_carries_a_request() -> None:
    batch = json.loads((EVENTS / "sqs-analyze-request.json").read_text(encoding="utf-8"))
    (record,) = batch["Records"]

    assert record["eventSource"] == "aws:sqs"
    assert contracts.AnalyzeRequest.model_validate_json(record["body"]).reason == "manual"
