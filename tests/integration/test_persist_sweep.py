"""Documents that nothing can name any more go, and no others."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from tests.harness.analyses import EPOCH, RecordingMessenger, analysis_id, digest, package, pushed, store_analysis
from tests.harness.rows import execute
from tests.harness.transitions import World

from cargohold.contracts import AnalysisReady
from cargohold.database.connection import Database
from cargohold.errors import StoreUnavailable
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.store import ObjectStore
from persist import sweep as sweeping
from persist.messages import Dependencies, handle_message
from persist.sweep import GRACE, Swept, sweep

LATER = EPOCH + GRACE + timedelta(days=10)


@pytest.fixture
def to(database: Database) -> Dependencies:
    return Dependencies(database, MemoryStore(), RecordingMessenger())


def stored(store: ObjectStore, image: str, days: float) -> AnalysisReady:
    at = EPOCH + timedelta(days=days)
    return store_analysis(
        store, digest(image), analysis_id(at), [package("a")], announce=True, references=(pushed(at, image),)
    )


def claim(store: ObjectStore, image: str, identifier: UUID, number: int = 0) -> str:
    key = f"claims/{digest(image)}/1/{number:06}"
    store.put(key, [orjson.dumps({"analysis_id": str(identifier), "deadline": EPOCH.isoformat()})])
    return key


def analyses(store: ObjectStore) -> set[str]:
    return {key.key.split("/")[2] for key in store.list("analyses/")}


def test_what_was_superseded_goes_after_the_grace_and_what_is_named_stays(to: Dependencies) -> None:
    old, new = stored(to.store, "image", 0), stored(to.store, "image", 1)
    for message in (old, new):
        handle_message(message, to)
    never = stored(to.store, "never persisted", 2)
    archived = stored(to.store, "being restored", 3)
    young = stored(to.store, "young", 12)
    execute(
        to.database,
        "INSERT INTO archived_image (digest, status, request_id, bundle_key, bundle_sha256, bundle_size, analysis_id, "
        "catalog_version, os, architecture, distro_id, distro_version, package_count, \"references\", primary_keys, "
        "analyzed_at) VALUES (decode(%s, 'hex'), 'restoring', gen_random_uuid(), 'k', decode(%s, 'hex'), 1, %s, 1, "
        "'', '', '', '', 0, '[]', '{}', now())",
        (archived.image[7:], archived.image[7:], str(archived.analysis_id)),
    )  # fmt: skip
    claims = claim(to.store, "image", old.analysis_id), claim(to.store, "image", new.analysis_id, 1)
    every = {str(message.analysis_id) for message in (old, new, never, archived, young)}
    assert sweep(to.database, to.store, at=EPOCH + GRACE) == Swept(), "a message may still name them"
    assert analyses(to.store) == every
    # The claim first: whoever has just followed it still finds the documents.
    assert sweep(to.database, to.store, at=LATER) == Swept(analyses=1, claims=1)
    assert analyses(to.store) == every - {str(never.analysis_id)}
    assert [info.key for info in to.store.list("claims/")] == [claims[1]]
    assert sweep(to.database, to.store, at=LATER) == Swept(analyses=1)
    assert analyses(to.store) == every - {str(never.analysis_id), str(old.analysis_id)}
    assert sweep(to.database, to.store, at=LATER) == Swept()


def test_what_is_not_an_analysis_is_left_alone(to: Dependencies) -> None:
    keys = {f"analyses/{digest('a')}/x/y", "analyses/sha256:00", f"analyses/{digest('a')}", "records/a", "bundles/b"}
    for key in keys:
        to.store.put(key, [b"x"])
    assert sweep(to.database, to.store, at=LATER) == Swept()
    assert {info.key for info in to.store.list("")} == keys


def test_runs_that_have_no_time_cover_everything_in_turn(to: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PAGE", 1)
    for number in range(30):
        stored(to.store, f"image {number}", 0)
    calls = 0

    def enough() -> bool:
        nonlocal calls
        calls += 1
        return calls > 60

    days = 0
    while analyses(to.store):
        calls = 0
        days += 1
        assert days < 40
        sweep(to.database, to.store, at=LATER + timedelta(days=days), enough=enough)
    assert days > 3, "no run was long enough for all"
    calls = 1000
    assert sweep(to.database, to.store, at=LATER, enough=enough) == Swept()


def test_the_head_goes_first_so_that_no_half_is_taken_for_a_whole(to: Dependencies) -> None:
    class Dying(MemoryStore):
        left = 1

        def delete(self, key: str) -> None:
            self.left -= 1
            if self.left < 0:
                raise StoreUnavailable(store="memory:", reason=f"gone for {key}")
            super().delete(key)

    store = Dying()
    message = stored(store, "image", 0)
    with pytest.raises(StoreUnavailable):
        sweep(to.database, store, at=LATER)
    left = {info.key.split("/")[3] for info in store.list("analyses/")}
    assert "analysis" not in left
    assert len(left) == len(message.documents)  # with the announcement
    store.left = 100
    assert sweep(to.database, store, at=LATER) == Swept(analyses=1)
    assert not analyses(store)


def test_parts_of_killed_uploads_go(to: Dependencies, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "objects")
    store.put("records/a", [b"x"])
    (incoming,) = [path for path in (tmp_path / "objects").iterdir() if not (path / "a~").exists()]
    (incoming / "killed").write_bytes(b"half")
    assert sweep(to.database, store, at=LATER) == Swept(), "it is not two days old"
    os.utime(incoming / "killed", (0, 0))
    assert sweep(to.database, store, at=LATER) == Swept(uploads=1)
    assert not list(incoming.iterdir())


def test_an_image_comes_back_after_a_sweep(database: Database, database_url: str) -> None:
    """What a restore needs is in the bundle: the sweep can take nothing from it."""
    world = World(database, database_url, MemoryStore(), MemoryStore())
    world.push(0, announce=True)
    superseded = world.push(1, announce=True, catalog_version=2)
    world.do(Transition.ARCHIVE)
    assert sweep(database, world.primary, at=LATER).analyses == 1
    world.do(Transition.RESTORE)
    assert sweep(database, world.primary, at=LATER) == Swept()
    assert world.in_primary(superseded)
    world.close()
