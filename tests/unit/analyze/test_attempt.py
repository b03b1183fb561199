"""An image that needs more than one invocation, and one that no invocation can do: traps A20, B5, B7."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.harness.analyses import RecordingMessenger
from tests.harness.fake_cataloger import FakeCataloger
from tests.harness.layouts import Layout, tar_of

from analyze import attempt
from analyze.attempt import handle_request
from analyze.cache.blobs import BlobCache
from analyze.cache.directory import CacheDirectory
from analyze.cache.disk import DiskCache
from analyze.cache.records import RecordCache
from analyze.catalogers.contract import Patterns
from analyze.limits import DEFAULT
from analyze.options import Options
from analyze.pipeline import Resources
from analyze.progress import Silent, observer
from analyze.requests import Dependencies, Outcome, Receipt
from analyze.transports import open_transport
from cargohold import announcement
from cargohold.contracts import AnalysisFailed, AnalysisReady, AnalyzeRequest
from cargohold.errors import CargoholdError, DeadlineExceeded, GaveUp
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.registry.configuration import Source
from cargohold.registry.reference import parse_reference

LAYERS = 6
STATUS = Patterns(basenames=frozenset({b"status"}))


class Watched(Silent):
    """Sees what is done, and has the clock: it stands still but for what layers take."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.done: set[str] = set()
        self.changed = threading.Condition()
        self.failures: list[CargoholdError] = []

    def failed(self, reference: object, error: CargoholdError) -> None:
        self.failures.append(error)

    def layer_done(self, number: int, layer: Any, record: object, cached: bool) -> None:
        with self.changed:
            self.done.add(layer.digest)
            self.changed.notify_all()

    def spend(self, seconds: float) -> None:
        with self.changed:
            self.now += seconds

    def wait_for(self, digests: set[str]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: digests <= self.done, 600)


@dataclass
class Slow:
    """A transport whose layers take their time, on the clock of `World`."""

    inner: Any
    world: "World"

    def __post_init__(self) -> None:
        self.remote, self.images = self.inner.remote, self.inner.images

    @contextmanager
    def open_layer(self, image: Any, layer: Any) -> Iterator[Iterator[bytes]]:
        world = self.world
        world.opened.append((layer.digest, layer.digest in world.watched.done))
        if layer.digest == world.last:
            world.watched.wait_for({*world.layers} - {layer.digest})
        world.watched.spend(world.seconds.get(layer.digest, 0.0))
        with self.inner.open_layer(image, layer) as parts:
            yield parts


@dataclass
class World:
    """One image of `LAYERS` layers, and environments that analyze it one invocation after the other."""

    root: Path
    monkeypatch: pytest.MonkeyPatch
    seconds: dict[str, float] = field(default_factory=dict)  # of each layer by its digest
    last: str = ""  # the layer that takes so long that all the others are done before
    opened: list[tuple[str, bool]] = field(default_factory=list)  # with whether they had been done before
    watched: Watched = field(default_factory=Watched)
    messenger: RecordingMessenger = field(default_factory=RecordingMessenger)
    store: MemoryStore = field(default_factory=MemoryStore)
    quota: int = 64 << 20
    ran_parallel: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        layout = Layout(self.root / "image")
        layers = [tar_of({f"{number}/status": b"%d" % number}) for number in range(LAYERS)]
        self.image = layout.name(layout.image(layers), "latest")["digest"]
        manifest = (self.root / "image/blobs/sha256" / self.image[7:]).read_bytes()
        self.layers = [layer["digest"] for layer in json.loads(manifest)["layers"]]
        real, analyze = open_transport, attempt.analyze_image

        def analyze_image(*arguments: Any, parallel: int, **options: Any) -> Any:
            self.ran_parallel.append(parallel)
            return analyze(*arguments, parallel=parallel, **options)

        self.monkeypatch.setattr(attempt, "open_transport", lambda *a, **o: Slow(real(*a, **o), self))
        self.monkeypatch.setattr(time, "monotonic", lambda: self.watched.now)
        self.monkeypatch.setattr(attempt, "analyze_image", analyze_image)

    def request(self) -> AnalyzeRequest:
        return AnalyzeRequest(reference=parse_reference(f"oci:{self.root / 'image'}:latest"))

    def run(self, request: AnalyzeRequest, seconds: float = 60, receives: int = 1) -> Outcome:
        """Handle a request in an environment that was not there before."""
        directory = CacheDirectory(self.root / "cache", quota=self.quota)
        resources = Resources(
            records=RecordCache(DiskCache(directory), DEFAULT),
            blobs=BlobCache(directory),
            scratch_root=self.root / "scratch",
            scratch_bytes=1 << 20,
            options=Options(secrets=False),
            catalogers=(FakeCataloger(wants=STATUS),),
        )
        to = Dependencies(self.messenger, self.store, Source(""), resources)
        token = observer.set(self.watched)
        try:
            return handle_request(request, to, Receipt("request", self.watched.now + seconds, receives))
        finally:
            observer.reset(token)

    def next_request(self) -> AnalyzeRequest:
        """Take the message that analyze sent to itself."""
        ((position, request),) = [
            (at, message) for at, (queue, message) in enumerate(self.messenger.sent) if queue == "analyze"
        ]
        del self.messenger.sent[position]
        assert isinstance(request, AnalyzeRequest)
        return request

    def sent(self, kind: type[Any]) -> list[Any]:
        return [message for _, message in self.messenger.sent if isinstance(message, kind)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


@pytest.mark.trap("A20")
@pytest.mark.trap("B7")
def test_an_image_that_is_too_slow_for_one_invocation_is_done_in_several(world, tmp_path, monkeypatch):
    world.seconds = dict.fromkeys(world.layers, 0.25)
    request, outcomes = world.request(), []
    while not outcomes or outcomes[-1].outcome == "continued":
        outcomes.append(world.run(request, seconds=0.6))
        if outcomes[-1].outcome == "continued":
            request = world.next_request()
            assert (request.hops, request.stops, request.image) == (len(outcomes), 0, world.image)
    assert [one.outcome for one in outcomes[:-1]] == ["continued"] * (len(outcomes) - 1)
    assert outcomes[-1].outcome == "analyzed"
    assert LAYERS / 2 <= len(outcomes) <= LAYERS  # there is time for two layers, and always for one
    assert not any(again for _, again in world.opened), "what was done is never read again"
    assert world.watched.failures == []
    failures = world.sent(AnalysisFailed)
    assert [(one.final, one.error_code) for one in failures] == [(False, "deadline_exceeded")] * (len(outcomes) - 1)
    (ready,) = world.sent(AnalysisReady)

    (tmp_path / "other").mkdir()
    quick = World(tmp_path / "other", monkeypatch)
    assert quick.run(quick.request()).outcome == "analyzed"
    (at_once,) = quick.sent(AnalysisReady)
    assert {key.document: key.sha256 for key in ready.documents} == {
        key.document: key.sha256 for key in at_once.documents
    }


def test_a_layer_that_no_invocation_can_read_is_given_up_and_named(world):
    world.last = world.layers[2]
    world.seconds = {world.last: 0.7}
    request = world.request()
    assert world.run(request, seconds=0.5).outcome == "continued"  # the others are finished
    request = world.next_request()
    assert request.stops == 0
    for stops in (1, 2):
        assert world.run(request, seconds=0.3).outcome == "continued"
        request = world.next_request()
        assert request.stops == stops
    with pytest.raises(GaveUp, match=f"the layer {world.layers[2]} was tried 3 times"):
        world.run(request, seconds=0.3)
    assert GaveUp.permanent
    last = world.sent(AnalysisFailed)[-1]
    assert (last.final, last.error_code) == (True, "gave_up")
    assert world.ran_parallel == [2, 2, 1, 1]
    assert world.sent(AnalysisReady) == []
    assert list(world.store.list("claims/")) == []


def test_what_is_never_kept_is_no_progress(world):
    world.quota = 0
    world.seconds = dict.fromkeys(world.layers, 0.25)
    request = world.request()
    for _ in range(2):
        assert world.run(request, seconds=0.4).outcome == "continued"
        request = world.next_request()
    with pytest.raises(GaveUp):
        world.run(request, seconds=0.4)


def test_a_request_that_continues_for_ever_ends(world):
    world.seconds = dict.fromkeys(world.layers, 0.25)
    request = world.request().model_copy(update={"hops": attempt.MAX_HOPS})
    with pytest.raises(GaveUp):
        world.run(request, seconds=0.4)


def test_a_killed_invocation_is_retried_with_one_layer_at_a_time(world):
    assert world.run(world.request(), receives=2).outcome == "analyzed"
    assert world.ran_parallel == [1]


def test_nobody_waits_for_a_claim_that_stopped(world):
    world.seconds = dict.fromkeys(world.layers, 0.25)
    assert world.run(world.request(), seconds=0.4).outcome == "continued"
    world.next_request()
    assert world.run(world.request()).outcome == "analyzed"


def test_who_waits_for_another_looks_less_often_with_time(world, monkeypatch):
    delays: list[int] = []
    monkeypatch.setattr(world.messenger, "send", lambda *_, delay_seconds=0: delays.append(delay_seconds))

    def meanwhile(*arguments: Any, **options: Any) -> None:
        for hops in (0, 1, 30):
            outcome = world.run(world.request().model_copy(update={"hops": hops, "stops": 1}))
            assert outcome.outcome == "waiting"
        raise DeadlineExceeded(what="the layer")

    monkeypatch.setattr(attempt, "analyze_image", meanwhile)
    world.run(world.request())
    assert [delay for delay in delays if delay] == [30, 60, 600]


def test_the_announcement_lies_beside_the_documents_and_says_what_the_message_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, monkeypatch)
    world.run(world.request())
    (ready,) = world.sent(AnalysisReady)
    with world.store.get(announcement.announcement_key(ready.image, ready.analysis_id)) as reader:
        told = announcement.read(reader)
    assert (told.image, told.parents, told.references) == (ready.image, ready.parents, ready.references)
    assert told.reason == ready.reason
    assert announcement.NAME not in {key.document for key in ready.documents}, "it is no document: it names references"
