"""Any messages, in any order and any number of times, against a model that a page holds."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.harness.analyses import REGISTRY, REPOSITORY, digest, package, pushed, store_analysis
from tests.harness.rows import empty, rows
from tests.harness.transitions import World

from cargohold.contracts import AnalysisFailed, AnalysisReady, AnalysisStarted, Reference, ReferenceRemoved, now
from cargohold.database.connection import Database
from cargohold.digests import to_bytes
from cargohold.errors import ArchiveUnknown, ImageUnknown, TransitionConflict
from cargohold.identifiers import made_at, uuid7
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.memory import MemoryStore

IMAGES = [digest(name) for name in ("first", "second")]
TAGS = ["", "latest", "stable"]

images = st.sampled_from(IMAGES)
tags = st.sampled_from(TAGS)


@dataclass
class Model:
    """What the database must say: analyses, what is in the archive, tombstones, and the pushes that count."""

    current: dict[str, AnalysisReady] = field(default_factory=dict)
    archived: dict[str, AnalysisReady] = field(default_factory=dict)
    kept: dict[str, list[tuple[str, str, datetime]]] = field(default_factory=dict)  # references in the bundle
    tombstones: dict[str, datetime] = field(default_factory=dict)
    pushes: set[tuple[str, str, datetime]] = field(default_factory=set)  # tag, digest, at
    removals: set[tuple[str, str, datetime]] = field(default_factory=set)
    attempts: dict[UUID, tuple[int, datetime, str, bool]] = field(default_factory=dict)

    def deliver(self, message: Any) -> None:
        if isinstance(message, ReferenceRemoved):
            self.removals.add((message.reference.tag, message.reference.digest or "", message.removed_at))
        elif isinstance(message, AnalysisStarted):
            self._attempt(message.analysis_id, (0, message.started_at, "analyzing", False))
        elif isinstance(message, AnalysisFailed):
            rank = 1 if message.final else 0
            self._attempt(message.analysis_id, (rank, message.failed_at, "analysis_failed", message.final))
        else:
            self._attempt(message.analysis_id, (2, now(), "analyzed", True))
            self._result(message)

    def _attempt(self, identifier: UUID, state: tuple[int, datetime, str, bool]) -> None:
        known = self.attempts.get(identifier)
        if known is None or (known[0] < 2 and state[:2] > known[:2] and not (known[0] == 1 and state[0] == 1)):
            self.attempts[identifier] = state

    def _result(self, message: AnalysisReady) -> None:
        image, buried = self.current.get(message.image), self.tombstones.get(message.image)
        at = message.references[0].pushed_at
        assert at is not None
        asked = message.force or (image is not None and message.reason == "reanalyze")
        if buried is not None and at <= buried and not asked:
            return
        if image is None or self._is_newer(message, image):
            if buried is not None and made_at(message.analysis_id) <= buried:
                return  # its documents went: it is analyzed anew
            self.current[message.image] = message
        self.pushes |= {(one.tag, message.image, one.pushed_at) for one in message.references if one.pushed_at}

    def _is_newer(self, message: AnalysisReady, than: AnalysisReady) -> bool:
        if message.force and message.analysis_id > than.analysis_id:
            return True
        return (message.catalog_version, message.analysis_id) > (than.catalog_version, than.analysis_id)

    def references(self) -> set[tuple[str, str, datetime, datetime, datetime | None]]:
        """Return tag, digest, first seen, last pushed, removed."""
        found = {}
        for tag in {tag for tag, _, _ in self.pushes if tag}:
            own = sorted((at, image) for name, image, at in self.pushes if name == tag)
            pushed_at, owner = own[-1]
            found[tag, owner] = (own[0][0], pushed_at)
        for image in IMAGES:
            own_times = [at for _, name, at in self.pushes if name == image]
            if any(self._is_loose(*push) for push in self.pushes if push[1] == image):
                found["", image] = (min(own_times), max(own_times))
        whole = {(tag, image, *times, self._removed(tag, image, times[1])) for (tag, image), times in found.items()}
        held = {image for tag, image, *_, removed in whole if tag and removed is None}
        return {row for row in whole if row[0] or row[1] not in held}

    def _is_loose(self, tag: str, image: str, at: datetime) -> bool:
        """Tell whether a push was without a tag, or lost its tag to another image."""
        return not tag or any(
            name == tag and other != image and (when, other) > (at, image) for name, other, when in self.pushes
        )

    def _removed(self, tag: str, image: str, pushed_at: datetime) -> datetime | None:
        times = [
            at
            for name, of, at in self.removals
            if at >= pushed_at and ((name == tag and of in ("", image)) or (name == "" and of == image))
        ]
        return min(times, default=None)


class States(RuleBasedStateMachine):
    """Messages are made, and delivered when and as often as chance has it; transitions run to their end."""

    database: Database
    url: str

    @initialize()
    def begin(self) -> None:
        empty(self.database)
        self.world = World(self.database, self.url, MemoryStore(), MemoryStore())
        self.model = Model()
        self.messages: list[Any] = []
        self.finished: dict[str, AnalysisReady] = {}  # what a claim would give
        self.last: dict[str, Reference] = {}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    def _analyzed(self, image: str, reference: Reference, catalog_version: int, **fields: Any) -> None:
        identifier = uuid7()
        found = [package("shared"), package("own", str(identifier))]
        message = store_analysis(
            self.world.primary, image, identifier, found, catalog_version=catalog_version, announce=True,
            references=(reference,), **fields,
        )  # fmt: skip
        self.finished[image] = message
        self.messages.append(message)

    @rule(image=images, tag=tags)
    def push(self, image: str, tag: str) -> None:
        """A push; of a known image it finds the claim, and no analysis is made."""
        time.sleep(0.002)
        self.last[image] = reference = pushed(now(), tag, digest=image)
        known = self.finished.get(image)
        if known is None:
            self._analyzed(image, reference, 1)
        else:
            self.messages.append(
                known.model_copy(update={"references": (reference,), "reason": "push", "force": False})
            )

    @rule(image=images, version=st.sampled_from([1, 2, 3]), force=st.booleans())
    def analyze_again(self, image: str, version: int, force: bool) -> None:
        if image in self.last:
            time.sleep(0.002)
            self._analyzed(image, self.last[image], version, reason="reanalyze", force=force)

    @rule(image=images, tag=tags, by_tag=st.booleans())
    def remove(self, image: str, tag: str, by_tag: bool) -> None:
        time.sleep(0.002)
        named = {"tag": tag, "digest": None} if by_tag and tag else {"tag": "", "digest": image}
        reference = Reference(registry=REGISTRY, repository=REPOSITORY, **named)
        self.messages.append(ReferenceRemoved(reference=reference, removed_at=now()))

    @rule(tag=tags, final=st.booleans())
    def fail(self, tag: str, final: bool) -> None:
        at, identifier = now(), uuid7()
        reference = pushed(at, tag)
        time.sleep(0.002)
        self.messages += [
            AnalysisStarted(reference=reference, analysis_id=identifier, started_at=made_at(identifier), deadline=at),
            AnalysisFailed(reference=reference, analysis_id=identifier, error_code="hostile_content",
                           error_message="no", final=final, failed_at=now()),
        ]  # fmt: skip

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), times=st.integers(1, 2))
    def deliver(self, data: st.DataObject, times: int) -> None:
        message = data.draw(st.sampled_from(range(len(self.messages))))
        for _ in range(times):
            self._deliver(self.messages[message])

    @rule(data=st.data())
    def deliver_everything(self, data: st.DataObject) -> None:
        for number in data.draw(st.permutations(range(len(self.messages)))):
            self._deliver(self.messages[number])

    def _deliver(self, message: Any) -> None:
        self.world.persist(message)
        self.model.deliver(message)
        for queue, request in self.world.messenger.sent:
            # Wanted, and its documents are gone: analyze makes it anew, as analyze does by force.
            assert queue == "analyze"
            self._analyzed(request.image, request.reference, 1, reason=request.reason, force=request.force)
        self.world.messenger.sent.clear()

    def _transition(self, image: str, wanted: Transition) -> None:
        time.sleep(0.002)
        references = self.model.references()
        begun = now()
        time.sleep(0.002)
        self.world.do(wanted, image=image)
        if wanted is Transition.ARCHIVE:
            self.model.kept[image] = [(r[0], r[1], r[3]) for r in references if r[1] == image and r[4] is None]
        if wanted in (Transition.ARCHIVE, Transition.DELETE_IMAGE):
            self.model.tombstones[image] = begun
            self.finished.pop(image, None)

    @rule(image=images)
    def archive(self, image: str) -> None:
        if image not in self.model.current:
            self._refused(image, Transition.ARCHIVE)
            return
        self._transition(image, Transition.ARCHIVE)
        self.model.archived[image] = self.model.current.pop(image)

    @rule(image=images)
    def restore(self, image: str) -> None:
        if image not in self.model.archived or image in self.model.current:
            self._refused(image, Transition.RESTORE)
            return
        self._transition(image, Transition.RESTORE)
        self.model.current[image] = self.model.archived[image]
        self.model.pushes |= set(self.model.kept[image])

    @rule(image=images)
    def delete_image(self, image: str) -> None:
        if image not in self.model.current:
            self._refused(image, Transition.DELETE_IMAGE)
            return
        self._transition(image, Transition.DELETE_IMAGE)
        del self.model.current[image]

    @rule(image=images)
    def delete_archive(self, image: str) -> None:
        if image not in self.model.archived:
            self._refused(image, Transition.DELETE_ARCHIVE)
            return
        self._transition(image, Transition.DELETE_ARCHIVE)
        del self.model.archived[image]

    def _refused(self, image: str, wanted: Transition) -> None:
        before = rows(self.database)
        with pytest.raises((ArchiveUnknown, ImageUnknown, TransitionConflict)):
            self.world.deliver(self.world.request(wanted, image=image))
        assert rows(self.database) == before

    @invariant()
    def the_database_is_what_the_model_says(self) -> None:
        if not hasattr(self, "world"):
            return
        found = rows(self.database, "image", "packages", "reference", "attempt")
        model = self.model
        assert {(row[0], row[1], row[3], row[5]) for row in found["image"]} == {
            (to_bytes(image), "active", ready.analysis_id, ready.catalog_version)
            for image, ready in model.current.items()
        }
        assert {(row[0], row[5], row[6]) for row in found["packages"]} == {
            (to_bytes(image), *one)
            for image, ready in model.current.items()
            for one in (("shared", "1"), ("own", str(ready.analysis_id)))
        }
        assert {tuple(row[2:]) for row in found["reference"]} == {
            (tag, to_bytes(image), *times) for tag, image, *times in model.references()
        }
        assert {(row[0], row[5], row[8]) for row in found["attempt"]} == {
            (identifier, status, final) for identifier, (_, _, status, final) in model.attempts.items()
        }

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "world"):
            return
        for ready in self.model.current.values():
            assert self.world.in_primary(ready)
        for image, ready in self.model.archived.items():
            assert self.world.in_archive(ready, image)


@pytest.mark.parametrize(
    ("examples", "steps"),
    [pytest.param(8, 20, id="quick"), pytest.param(80, 40, marks=pytest.mark.slow, id="long")],
)
def test_any_messages_in_any_order(database: Database, database_url: str, examples: int, steps: int) -> None:
    States.database, States.url = database, database_url
    run_state_machine_as_test(
        States,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
