"""Random lives of one image: pushes, requests, late and repeated messages, deaths. Nothing is ever lost."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.harness.analyses import EPOCH, pushed
from tests.harness.crashes import open_stores
from tests.harness.faults import Crashed, Faults
from tests.harness.rows import one
from tests.harness.transitions import IMAGE, RUN, World

from archive import bundle
from archive.resume import resume
from cargohold import digests, documents
from cargohold.contracts import AnalysisReady, AnalyzeRequest, TransitionRequest
from cargohold.database.connection import Database
from cargohold.errors import CargoholdError
from cargohold.lifecycle import Transition
from cargohold.objects.store import analysis_key

KEY = (digests.to_bytes(IMAGE),)
MOVES = [Transition.ARCHIVE, Transition.RESTORE, Transition.CANCEL]
DELETIONS = [Transition.DELETE_IMAGE, Transition.DELETE_ARCHIVE]


class Walk:
    """One life. Messages wait in `queue` and may be delivered in any order, more than once."""

    def __init__(self, world: World, seed: int, *, deletions: bool) -> None:
        self.world = world
        self.rng = random.Random(seed)
        self.queue: list[TransitionRequest | AnalysisReady] = []
        self.moves = MOVES + DELETIONS if deletions else MOVES
        self.deletions = deletions
        self.day = 1
        self.done: list[str] = []
        self.analyses = [world.push()]

    def step(self) -> None:
        act = self.rng.choice(
            [self.push, self.tag, self.ask, self.ask, self.deliver, self.deliver, self.deliver, self.resume]
        )
        self.done.append(act.__name__)
        act()
        self.check()

    def push(self) -> None:
        self.day += 400
        self.analyses.append(self.world.push(self.day, tag=f"v{self.day}", size=3))

    def tag(self) -> None:
        """A new tag of the analysis that is current, as analyze sends it when it finds the claim finished."""
        current = one(self.world.database, "SELECT analysis_id FROM image WHERE digest = %s", KEY)
        for ready in self.analyses:
            if ready.analysis_id == current:
                self.day += 400
                at = EPOCH + timedelta(days=self.day)
                again = ready.model_copy(update={"references": (pushed(at, f"t{self.day}", digest=IMAGE),)})
                self.queue.append(again)

    def ask(self) -> None:
        self.queue.append(self.world.request(self.rng.choice(self.moves)))

    def deliver(self) -> None:
        if not self.queue:
            return
        message = self.rng.choice(self.queue)
        if self.rng.random() < 0.7:
            self.queue.remove(message)
        faults = Faults(self.rng.randint(1, 60)) if self.rng.random() < 0.6 else None
        self.done[-1] += f" {getattr(message, 'transition', 'ready')} {faults}"
        try:
            if isinstance(message, TransitionRequest):
                self.world.deliver(message, faults)
            else:
                self.world.persist(message)
        except Crashed:
            if message not in self.queue and self.rng.random() < 0.7:
                self.queue.append(message)
        except CargoholdError as error:
            if not error.permanent:
                raise
            self.done[-1] += f" {error.code}"
        self.receive()

    def resume(self) -> None:
        resume(self.world.database, self.world.messenger, RUN, stuck_after=timedelta(0))
        self.receive()

    def receive(self) -> None:
        """Take what was sent: requests to analyze are carried out at once, the rest waits."""
        sent = [message for _, message in self.world.messenger.sent]
        self.world.messenger.sent.clear()
        for message in sent:
            if isinstance(message, AnalyzeRequest):
                self.push()
            else:
                self.queue.append(message)

    def check(self) -> None:
        image = one(self.world.database, "SELECT status, analysis_id FROM image WHERE digest = %s", KEY)
        archived = one(
            self.world.database, "SELECT status, analysis_id, bundle_key FROM archived_image WHERE digest = %s", KEY
        )
        if not self.deletions:
            assert image or archived, "in neither"
        if image:
            with self.world.primary.get(analysis_key(IMAGE, image[1], documents.ANALYSIS.name)) as reader:
                listed = documents.ANALYSIS.read(reader)
            ready = next(ready for ready in self.analyses if ready.analysis_id == image[1])
            assert len(listed.documents) == len(documents.NAMES) - 1
            assert self.world.in_primary(ready), "a row without its documents"
        if archived and archived[0] != "deleting":
            with self.world.archive.get(archived[2]) as reader:
                verified = bundle.verify(reader, archived[2])
            ready = next(ready for ready in self.analyses if ready.analysis_id == archived[1])
            held = {(name, member.sha256) for name, member in verified.manifest.documents().items()}
            assert held == {(key.document, key.sha256) for key in ready.documents}

    def end(self) -> None:
        """Deliver everything, let the schedule take up the rest, and find nothing under way."""
        for _ in range(10):
            while self.queue:
                message = self.queue.pop(0)
                if isinstance(message, TransitionRequest):
                    self.world.redeliver(message)
                else:
                    self._persist(message)
                self.receive()
            self.resume()
            if not self.queue:
                break
        image, archived = self.world.status()
        assert image in (None, "active")
        assert archived in (None, "archived")
        self.check()
        bundles = self.world.keys(self.world.archive)
        if archived:
            assert one(self.world.database, "SELECT primary_keys || stale_bundles FROM archived_image") == []
            assert one(self.world.database, "SELECT bundle_key FROM archived_image") in bundles

    def _persist(self, message: AnalysisReady) -> None:
        try:
            self.world.persist(message)
        except CargoholdError as error:
            if not error.permanent:
                raise


def walk(world: World, seed: int, steps: int, *, deletions: bool) -> None:
    life = Walk(world, seed, deletions=deletions)
    try:
        for _ in range(steps):
            life.step()
        life.end()
    except BaseException as error:
        error.add_note("\n".join([f"seed {seed}", *life.done]))
        raise


@pytest.fixture
def world(database: Database, database_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(database, database_url, *open_stores("file", database_url, tmp_path))
    yield world
    world.close()


@pytest.mark.parametrize("deletions", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_random_life(world: World, seed: int, deletions: bool) -> None:
    walk(world, seed, 60, deletions=deletions)


@pytest.mark.slow
@pytest.mark.parametrize("deletions", [False, True])
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_random_lives(world: World, seed: int, deletions: bool) -> None:
    walk(world, seed, 120, deletions=deletions)
