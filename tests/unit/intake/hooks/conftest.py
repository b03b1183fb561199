from datetime import UTC, datetime

import pytest

from intake.hooks import notices

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The samples are of the day before, whatever day it is."""
    monkeypatch.setattr(notices, "now", lambda: NOW)
    return NOW
