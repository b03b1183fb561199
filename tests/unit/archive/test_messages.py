"""What may arrive, in every form in which it does."""

import json
from typing import Any

import pytest

from archive.messages import parse
from cargohold.contracts import ScheduledRun, TransitionRequest
from cargohold.errors import InvalidMessage

REQUEST = {
    "kind": "TransitionRequest",
    "image": "sha256:" + "00" * 32,
    "transition": "archive",
    "request_id": "01a20bbc-9b49-7fbe-829b-fd38e5d900bd",
}


def test_a_request_and_fields_of_a_newer_sender() -> None:
    assert isinstance(parse(json.dumps(REQUEST | {"unknown": 1})), TransitionRequest)


def test_the_input_of_a_schedule() -> None:
    run = parse({"kind": "ScheduledRun", "job": "archive-rules", "execution_id": "x"})
    assert isinstance(run, ScheduledRun)
    assert (run.job, run.execution_id, run.hops) == ("archive-rules", "x", 0)


@pytest.mark.parametrize("detail", ["{}", {}, "", None, '{"dry_run": true}'])
@pytest.mark.parametrize("job", ["archive-rules", "archive-continue", "archive-audit"])
def test_the_notification_of_a_schedule_without_input(detail: Any, job: str) -> None:
    run = parse(
        {
            "version": "0",
            "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "resources": [f"arn:aws:scheduler:eu-central-1:123456789012:schedule/group/{job}"],
            "detail": detail,
        }
    )
    assert isinstance(run, ScheduledRun)
    assert (run.job, run.execution_id) == (job, "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa")


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "null", "{}", {"kind": "AnalysisReady"}, REQUEST | {"image": "latest"},
        REQUEST | {"transition": "move"}, REQUEST | {"schema_version": 2},
        {"detail-type": "Scheduled Event", "detail": "["}, {"detail-type": "Scheduled Event", "detail": "[1]"},
    ],
)  # fmt: skip
def test_anything_else_is_refused(body: Any) -> None:
    with pytest.raises(InvalidMessage):
        parse(body)
