"""Waiting between attempts, and not beyond the end of an invocation."""

import time

import pytest

from cargohold.errors import DeadlineExceeded
from cargohold.registry.patience import Patience


def test_a_pause_is_what_was_asked_for_or_grows_with_jitter() -> None:
    waits: list[float] = []
    patience = Patience(sleep=waits.append)
    for attempt in range(8):
        patience.pause(attempt)
    patience.pause(0, 7.5)
    assert all(0.5 * 2**attempt / 2 <= wait <= 0.5 * 2**attempt for attempt, wait in enumerate(waits[:5]))
    assert waits[7] <= 20
    assert waits[8] == 7.5


def test_nothing_is_tried_again_after_the_deadline() -> None:
    waits: list[float] = []
    patience = Patience(sleep=waits.append, deadline=time.monotonic() + 5)
    patience.pause(0)
    with pytest.raises(DeadlineExceeded):
        patience.pause(0, 6)
    assert len(waits) == 1
