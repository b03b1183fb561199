"""What a push leaves in logs, metrics and events: one correlation id from the notification to the row."""

import importlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness import one_machine
from tests.harness import registry as registries

from cargohold.database.connection import Database
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.telemetry import logger, metrics
from cargohold_cli.sample import build
from cargohold_cli.web import http_event
from cargohold_cli.worker import drain


class Lines(logging.Handler):
    """Keeps the lines that CloudWatch would get."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logger.registered_formatter)
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    handler, level = Lines(), logger.log_level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield handler.lines
    logger.setLevel(level)
    logging.getLogger(logger.name).removeHandler(handler)


@pytest.fixture
def queues(
    registry: registries.Registry, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InProcessMessenger]:
    known = one_machine.registries(tmp_path / "registries.json", registry.entry(one_machine.TOKEN))
    metrics.clear_metrics()
    settings = {"REGISTRIES": known, "POWERTOOLS_METRICS_DISABLED": "false"}
    with one_machine.queues(monkeypatch, database_url, tmp_path, **settings) as messenger:
        yield messenger


def test_one_id_leads_from_the_notification_to_the_row(
    registry: registries.Registry,
    queues: InProcessMessenger,
    database: Database,
    lines: list[dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry.push(build(tmp_path / "image"), "team/app:1")
    handle = importlib.import_module("intake.handler").handle
    identifiers = []
    for headers, body in registry.told():
        event = http_event("POST", f"/hooks/local/{one_machine.TOKEN}", headers, body)
        assert handle(event, None)["statusCode"] == 202
        identifiers.append(event["requestContext"]["requestId"])
    wanted = next(line["correlation_id"] for line in lines if line["message"] == "notification" and line["wanted"])
    assert wanted in identifiers
    drain(queues)

    with database.transaction() as cursor:
        cursor.execute("SELECT analysis_id, digest FROM image")
        [(analysis_id, digest)] = cursor.fetchall()
        cursor.execute("SELECT body FROM message WHERE queue = 'bus'")
        events = [row[0] for row in cursor.fetchall()]
    said = {line["message"]: line for line in lines if line.get("correlation_id") == wanted}
    assert {"notification", "image analyzed", "result handled"} <= said.keys()
    for message in ("image analyzed", "result handled"):
        assert said[message]["analysis_id"] == str(analysis_id), "by it the row and the documents are found"
        assert said[message]["image"] == f"sha256:{digest.hex()}"
    assert [event["correlation_id"] for event in events] == [wanted]
    text = json.dumps(lines)
    assert one_machine.TOKEN not in text
    assert registries.HOOK_AUTHORIZATION not in text

    emitted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    values: dict[str, float] = {}
    for each in emitted:
        [directive] = each["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Cargohold"
        assert directive["Dimensions"] == [["service"]], "every further dimension would be billed by its values"
        for metric in directive["Metrics"]:
            values[metric["Name"]] = values.get(metric["Name"], 0) + sum(each[metric["Name"]])
    assert values["HooksAccepted"] == len(identifiers)
    assert values["AnalyzeRequests"] == 1
    assert values["ImagesWritten"] == 1
    assert 0 <= values["SecondsFromPush"] < 3600
