"""What becomes of the records of a batch, and of bodies that are no messages."""

import pytest

from cargohold.errors import InvalidMessage, StoreUnavailable
from cargohold.messaging.receive import decode, handle_batch


class Messenger:
    def __init__(self, failing=False):
        self.postponed = []
        self.failing = failing

    def postpone(self, queue, receipt, *, receives):
        if self.failing:
            raise StoreUnavailable(store=queue, reason="gone")
        self.postponed.append((queue, receipt, receives))


def record(number, body, receives="1"):
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "attributes": {"ApproximateReceiveCount": receives},
        "body": body,
    }


def handle(record):
    if record["body"] == "transient":
        raise StoreUnavailable(store="x", reason="down")
    if record["body"] == "permanent":
        raise InvalidMessage(reason="odd")


RECORDS = [record(1, "good"), record(2, "transient", "3"), record(3, "permanent"), record(4, "good")]


def test_a_transient_failure_is_postponed_and_everything_else_is_consumed():
    messenger = Messenger()
    answer = handle_batch(RECORDS, handle, queue="persist", messenger=lambda: messenger)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    assert messenger.postponed == [("persist", "r2", 3)]


def test_what_cannot_be_postponed_comes_again_when_its_visibility_ends():
    answer = handle_batch(RECORDS, handle, queue="persist", messenger=lambda: Messenger(failing=True))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    without_receipt = {key: value for key, value in RECORDS[1].items() if key != "receiptHandle"}
    messenger = Messenger()
    handle_batch([without_receipt], handle, queue="persist", messenger=lambda: messenger)
    assert messenger.postponed == []


def test_other_errors_are_bugs_and_fail_the_batch():
    def broken(record):
        raise RuntimeError(record["messageId"])

    with pytest.raises(RuntimeError, match="m1"):
        handle_batch(RECORDS, broken, queue="persist", messenger=Messenger)


def test_a_body_that_is_no_json_says_so():
    with pytest.raises(InvalidMessage, match="not JSON"):
        decode("{", dict)
    assert decode('{"a": 1}', dict) == decode({"a": 1}, dict) == {"a": 1}
