"""Which results may become rows: a table of every situation."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from cargohold.contracts import AnalysisReady, Reference
from cargohold.lifecycle import ImageStatus
from persist.guards import Decision, State, StoredImage, decide

DIGEST = "sha256:" + "0" * 64
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def identifier(at: datetime) -> UUID:
    return UUID(int=round(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62)


def message(at: datetime = NOON, pushed_at: datetime | None = NOON, **fields: Any) -> AnalysisReady:
    references = (Reference(repository="r", pushed_at=pushed_at),)
    return AnalysisReady(
        **({"analysis_id": identifier(at), "image": DIGEST, "references": references, "documents": (),
            "catalog_version": 2} | fields)
    )  # fmt: skip


def image(at: datetime = NOON - HOUR, version: int = 2, status: ImageStatus = ImageStatus.ACTIVE) -> StoredImage:
    return StoredImage(1, identifier(at), version, status, NOON - HOUR / 2)


@pytest.mark.parametrize(
    ("state", "fields", "expected"),
    [
        # a digest that nobody knows
        (State(), {}, Decision.WRITE),
        (State(), {"origin": "reindex"}, Decision.WRITE),
        (State(), {"origin": "restore"}, Decision.STOP),
        # a known one
        (State(image()), {}, Decision.WRITE),
        (State(image(NOON)), {}, Decision.KEEP),
        (State(image(NOON + HOUR)), {}, Decision.KEEP),
        (State(image(NOON + HOUR, 1)), {}, Decision.WRITE),
        (State(image(version=3)), {}, Decision.KEEP),
        (State(image(version=3)), {"force": True}, Decision.WRITE),
        (State(image(NOON + HOUR, 3)), {"force": True}, Decision.KEEP),
        (State(image(version=3)), {"reason": "manual"}, Decision.KEEP),
        # a tombstone
        (State(tombstone_at=NOON), {}, Decision.STOP),
        (State(tombstone_at=NOON - HOUR), {}, Decision.WRITE),
        (State(tombstone_at=NOON + HOUR), {"reason": "manual"}, Decision.AGAIN),
        (State(tombstone_at=NOON + HOUR), {"force": True}, Decision.AGAIN),
        (State(tombstone_at=NOON), {"pushed_at": NOON + HOUR}, Decision.AGAIN),
        (State(tombstone_at=NOON + HOUR), {"reason": "reconcile"}, Decision.STOP),
        (State(tombstone_at=NOON + HOUR), {"reason": "reanalyze"}, Decision.STOP),
        (State(image(), NOON + HOUR), {}, Decision.STOP),
        (State(image(), NOON + HOUR), {"reason": "reanalyze"}, Decision.AGAIN),
        (State(image(), NOON - HOUR), {"reason": "reanalyze"}, Decision.WRITE),
        # a deletion or archiving under way, since half an hour before the push
        (State(image(status=ImageStatus.DELETING)), {}, Decision.WRITE),
        (State(image(status=ImageStatus.DELETING)), {"pushed_at": NOON - HOUR}, Decision.STOP),
        (State(image(status=ImageStatus.DELETING)), {"pushed_at": NOON - HOUR, "reason": "manual"}, Decision.WRITE),
        (State(image(status=ImageStatus.ARCHIVING)), {"pushed_at": NOON - HOUR}, Decision.WRITE),
        # a restore
        (State(tombstone_at=NOON + HOUR, restore=True), {"origin": "restore"}, Decision.WRITE),
        (State(tombstone_at=NOON + HOUR), {"origin": "restore"}, Decision.STOP),
        (State(image(NOON)), {"origin": "restore"}, Decision.KEEP),
        (State(image(NOON + HOUR)), {"origin": "restore"}, Decision.STOP),
        (State(image(NOON + HOUR), restore=True), {"origin": "restore"}, Decision.KEEP),
        # a reindex of an image that is in the archive: restored, left behind, analyzed anew
        (State(tombstone_at=NOON + HOUR, archived_analysis=identifier(NOON)), {"origin": "reindex"}, Decision.WRITE),
        (
            State(tombstone_at=NOON + HOUR, archived_analysis=identifier(NOON + HOUR)),
            {"origin": "reindex"},
            Decision.STOP,
        ),
        (State(tombstone_at=NOON, archived_analysis=identifier(NOON - HOUR)), {"origin": "reindex"}, Decision.WRITE),
        (State(tombstone_at=NOON + HOUR), {"origin": "reindex"}, Decision.STOP),
        # the time of a push that the sender does not know
        (State(tombstone_at=NOON - HOUR), {"pushed_at": None}, Decision.WRITE),
        (State(tombstone_at=NOON + HOUR), {"pushed_at": None}, Decision.STOP),
        (State(tombstone_at=NOON - HOUR), {"pushed_at": None, "reason": "reconcile"}, Decision.STOP),
        (State(tombstone_at=NOON - HOUR), {"references": ()}, Decision.WRITE),
    ],
)
def test_decisions(state: State, fields: dict[str, Any], expected: Decision) -> None:
    assert decide(state, message(**fields)) is expected
