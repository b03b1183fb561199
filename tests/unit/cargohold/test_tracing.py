"""What reaches the X-Ray daemon: a real socket in its place."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from cargohold.tracing import traced

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

ANSWER = {"body": "the answer"}


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch, socket_enabled: None) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(60)
        host, port = listening.getsockname()
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"{host}:{port}")
        monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
        yield listening


def received(daemon: socket.socket) -> dict[str, Any]:
    header, _, document = daemon.recv(65536).partition(b"\n")
    assert json.loads(header) == {"format": "json", "version": 1}
    found: dict[str, Any] = json.loads(document)
    return found


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if event.get("fail"):
        raise ValueError("password=hunter2")
    return ANSWER


def test_an_invocation_leaves_a_subsegment_of_lambda_s_segment(daemon: socket.socket) -> None:
    function = traced(handle)

    assert function({}, None) == ANSWER
    first = received(daemon)
    function({}, None)
    second = received(daemon)

    assert (first["type"], first["name"]) == ("subsegment", "## handle")
    assert (first["trace_id"], first["parent_id"]) == ("1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8")
    assert first["start_time"] <= first["end_time"]
    assert len(first["id"]) == 16
    assert first["id"] != second["id"]
    assert [found["annotations"]["ColdStart"] for found in (first, second)] == [True, False]
    assert "fault" not in first
    assert "answer" not in json.dumps(first)


def test_a_failure_is_named_and_its_message_is_not(daemon: socket.socket) -> None:
    with pytest.raises(ValueError, match="hunter2"):
        traced(handle)({"fail": True}, None)

    found = received(daemon)
    assert found["fault"] is True
    assert [exception["type"] for exception in found["cause"]["exceptions"]] == ["ValueError"]
    assert "hunter2" not in json.dumps(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_X_AMZN_TRACE_ID", TRACE.replace("Sampled=1", "Sampled=0")),
        ("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
        ("_X_AMZN_TRACE_ID", ""),
        ("AWS_XRAY_DAEMON_ADDRESS", ""),
        ("AWS_XRAY_DAEMON_ADDRESS", "nonsense"),
    ],
)
def test_nothing_is_sent_where_nobody_asks(
    daemon: socket.socket, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    daemon.settimeout(0.1)

    assert traced(handle)({}, None) == ANSWER
    with pytest.raises(TimeoutError):
        daemon.recv(1)


def test_the_daemon_may_have_two_addresses(daemon: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    host, port = daemon.getsockname()
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"tcp:127.0.0.1:1 udp:{host}:{port}")

    traced(handle)({}, None)
    assert received(daemon)["name"] == "## handle"
