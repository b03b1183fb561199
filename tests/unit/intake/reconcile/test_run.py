"""A run over a registry that is a dictionary, with a database that is another."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from cargohold.contracts import AnalyzeRequest, ReconcileRun, ReferenceRemoved
from cargohold.errors import DatabaseUnavailable, RateLimited, RegistryUnavailable, Unauthorized
from cargohold.registry.document import Reconcile, Registry
from intake.reconcile import run as module
from intake.reconcile.known import Known, Owner
from intake.reconcile.run import HOPS, Reconciliation, Report

HOST = "registry.example.com"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
State = dict[str, dict[str, str]]


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


@dataclass
class Fake:
    """A registry; `fails` is called with what is asked for, and may raise."""

    state: State
    catalog: bool = True
    fails: Callable[[str], None] = lambda _: None
    extra: set[str] = field(default_factory=set)  # digests without a tag

    def repositories(self) -> list[str] | None:
        self.fails("catalog")
        return list(self.state) if self.catalog else None

    def tags(self, repository: str) -> list[str]:
        self.fails(repository)
        return list(self.state.get(repository, {}))

    def digests(self, repository: str, names: Iterable[str]) -> dict[str, str | None]:
        self.fails(f"{repository} digests")
        tags = self.state.get(repository, {})
        there = {*tags.values(), *self.extra}
        return {name: tags.get(name) or (name if name in there else None) for name in names}

    def pushed_at(self, digest: str) -> datetime | None:
        return None

    def children(self, repository: str, digest: str) -> list[str]:
        return []


class Sent(list[tuple[str, Any, int]]):
    def send(self, queue: str, message: BaseModel, *, delay_seconds: int = 0) -> None:
        self.append((queue, message, delay_seconds))


class Direct:
    """Runs work without a database: `knowledge` is replaced."""

    def run(self, work: Callable[[Any], Any]) -> Any:
        return work(None)


@dataclass
class World:
    state: State
    known: State = field(default_factory=dict)
    untagged: dict[str, set[str]] = field(default_factory=dict)
    gone: dict[str, datetime] = field(default_factory=dict)
    sent: Sent = field(default_factory=Sent)
    steps: int = 1_000_000
    registry: Registry = field(default_factory=lambda: Registry(host=HOST))
    more: dict[str, Any] = field(default_factory=dict)

    def repository(self, _: Any, registry: str, name: str) -> Known:
        assert registry == HOST
        tags = {tag: Owner(owner, LONG_AGO) for tag, owner in self.known.get(name, {}).items()}
        return Known(tags=tags, untagged=set(self.untagged.get(name, ())))

    def run(self, cursor: str = "", **more: Any) -> Report:
        left = [self.steps]

        def enough() -> bool:
            left[0] -= 1
            return left[0] < 0

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module.knowledge, "repositories", lambda *_: [*self.known, *self.untagged])
            patch.setattr(module.knowledge, "repository", self.repository)
            patch.setattr(
                module.knowledge, "gone", lambda _, asked: {d: at for d, at in self.gone.items() if d in asked}
            )
            source = Fake(self.state, **self.more)
            reconciliation = Reconciliation(self.registry, source, Direct(), self.sent, enough)  # type: ignore[arg-type]
            return reconciliation.run(ReconcileRun(registry=HOST, cursor=cursor, **more))

    def to_the_end(self) -> list[Report]:
        """Run, and run again what is sent for, as the queue does."""
        reports = [self.run()]
        while waiting := [message for queue, message, _ in self.sent if queue == "reconcile"]:
            assert len(waiting) == 1
            self.sent[:] = [each for each in self.sent if each[0] != "reconcile"]
            reports.append(self.run(waiting[0].cursor, hops=waiting[0].hops))
            assert len(reports) < 1000
        return reports

    def applied(self) -> State:
        """Return what the database is after the messages were handled."""
        after = {name: dict(tags) for name, tags in self.known.items()}
        for _, message, _ in self.sent:
            reference = message.reference
            if isinstance(message, AnalyzeRequest):
                after.setdefault(reference.repository, {})[reference.tag] = reference.digest
            elif reference.tag:
                after[reference.repository].pop(reference.tag, None)
        return {name: tags for name, tags in after.items() if tags}


names = st.sampled_from(["team/a", "team/b", "c"])
states = st.dictionaries(
    names, st.dictionaries(st.sampled_from(["1", "2", "x", "y"]), st.integers(0, 4).map(digest), max_size=4), max_size=3
)


@given(state=states, known=states, steps=st.integers(2, 12), catalog=st.booleans())
@settings(max_examples=150, deadline=None)
def test_wherever_it_stops_the_end_is_the_same(state: State, known: State, steps: int, catalog: bool) -> None:
    registry = Registry(host=HOST, repositories=() if catalog else ("team/a", "team/b", "c"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STEP", 1)
        world = World(state, known, steps=steps, registry=registry, more={"catalog": catalog})
        reports = world.to_the_end()
    assert world.applied() == {name: tags for name, tags in state.items() if tags}
    assert not reports[-1].cursor
    once = World(state, known, registry=registry, more={"catalog": catalog})
    once.run()
    assert tagged(once) == tagged(world), "nothing twice, nothing left out"


def tagged(world: World) -> list[str]:
    """Return what was sent about tags; digests that lost theirs are looked up by the next run after a stop."""
    return sorted(shown(each) for each in world.sent if each[1].reference.tag)


def shown(sent: tuple[str, Any, int]) -> str:
    reference = sent[1].reference
    return f"{sent[0]} {reference.repository}:{reference.tag}@{reference.digest}"


def test_a_request_is_of_the_time_before_anything_was_read() -> None:
    world = World({"team/a": {"1": digest(1)}}, {"team/b": {"2": digest(2)}})
    before = module.now()
    report = world.run()
    requested, removed = (message for _, message, _ in world.sent)
    assert isinstance(requested, AnalyzeRequest)
    assert isinstance(removed, ReferenceRemoved)
    assert requested.reason == "reconcile"
    assert requested.reference.pushed_at is not None
    assert before <= requested.reference.pushed_at <= module.now()
    assert before <= removed.removed_at <= module.now()
    assert (report.missed, report.removed, report.repositories, report.tags) == (1, 1, 2, 1)


def test_repositories_and_tags_that_are_not_configured_are_left_alone() -> None:
    registry = Registry(host=HOST, repositories=("team/*",), reconcile=Reconcile(tags=("v*",)))
    state = {"team/a": {"v1": digest(1), "dev": digest(2)}, "other": {"v1": digest(3)}}
    world = World(state, {"team/a": {"gone-dev": digest(4)}, "other": {"v0": digest(5)}}, registry=registry)
    world.run()
    assert [shown(each) for each in world.sent] == [f"analyze team/a:v1@{digest(1)}"]


def test_a_digest_without_a_tag_is_looked_up_when_that_is_wanted() -> None:
    for untagged, expected in ((True, [f"persist a:@{digest(1)}"]), (False, [])):
        registry = Registry(host=HOST, reconcile=Reconcile(untagged=untagged))
        world = World({"a": {}}, untagged={"a": {digest(1), digest(2)}}, registry=registry, more={"extra": {digest(2)}})
        world.run()
        assert [shown(each) for each in world.sent] == expected


def test_a_tag_that_moved_to_what_was_put_away_names_nothing_more() -> None:
    world = World(
        {"a": {"1": digest(2)}}, {"a": {"1": digest(1)}}, gone={digest(2): LONG_AGO}, more={"extra": {digest(1)}}
    )
    world.run()
    assert [shown(each) for each in world.sent] == ["persist a:1@None"]


def test_a_dry_run_says_everything_and_sends_nothing() -> None:
    world = World({"a": {"1": digest(1)}}, {"a": {"2": digest(2)}})
    report = world.run(dry_run=True)
    assert not world.sent
    assert [(action["action"], action["tag"]) for action in report.actions] == [("missed", "1"), ("removed", "2")]


def failing(on: str, error: Exception) -> Callable[[str], None]:
    def fails(asked: str) -> None:
        if asked == on:
            raise error

    return fails


def test_a_registry_that_limits_requests_is_left_alone_for_as_long_as_it_says() -> None:
    fails = failing("b", RateLimited(registry=HOST, seconds=120))
    world = World({"a": {"1": digest(1)}, "b": {"1": digest(2)}}, more={"fails": fails})
    report = world.run()
    assert (report.error, report.cursor, report.missed) == ("rate_limited", "a", 1)
    (_, message, delay) = world.sent[-1]
    assert (message.cursor, message.registry, message.hops, delay) == ("a", HOST, 1, 120)
    fails = failing("catalog", RateLimited(registry=HOST, seconds=86_400))
    world = World({"a": {}}, more={"fails": fails})
    assert world.run().error == "rate_limited"
    assert world.sent[-1][2] == 900


def test_a_registry_that_is_away_is_tried_again_by_the_queue_or_after_what_was_done() -> None:
    away = RegistryUnavailable(registry=HOST, reason="status 502")
    world = World({"a": {}}, more={"fails": failing("catalog", away)})
    with pytest.raises(RegistryUnavailable):
        world.run()
    assert not world.sent
    world = World({"a": {"1": digest(1)}, "b": {}}, more={"fails": failing("b", away)})
    assert world.run().error == "registry_unavailable"
    assert world.sent[-1][1].cursor == "a"
    with pytest.raises(RegistryUnavailable):
        world.run("a")


def test_a_repository_that_the_credentials_do_not_open_does_not_hold_up_the_others() -> None:
    refused = Unauthorized(registry=HOST, repository="a")
    world = World({"a": {"1": digest(1)}, "b": {"1": digest(2)}}, {"a": {"0": digest(3)}})
    world.more = {"fails": failing("a", refused)}
    report = world.run()
    assert report.refused == ["a"]
    assert [shown(each) for each in world.sent] == [f"analyze b:1@{digest(2)}"], "what is refused is not gone"


def test_a_refused_catalog_is_none() -> None:
    refused = Unauthorized(registry=HOST, repository="its repositories")
    world = World({"a": {"1": digest(1)}}, {"a": {}}, more={"fails": failing("catalog", refused)})
    report = world.run()
    assert not report.catalog
    assert report.missed == 1


def test_a_database_that_is_away_is_the_queue_s_to_wait_for() -> None:
    class Away(Direct):
        def run(self, work: Callable[[Any], Any]) -> Any:
            raise DatabaseUnavailable(reason="starting up")

    sent = Sent()
    reconciliation = Reconciliation(Registry(host=HOST), Fake({}), Away(), sent, lambda: False)  # type: ignore[arg-type]
    with pytest.raises(DatabaseUnavailable):
        reconciliation.run(ReconcileRun(registry=HOST))


@pytest.mark.trap("B7")
def test_there_is_an_end_to_every_run() -> None:
    world = World({"a": {"1": digest(1)}}, steps=0)
    assert world.run(hops=HOPS - 1).cursor == ""
    assert world.run(hops=HOPS).cursor == ""
    world = World({"a": {}, "b": {}}, steps=1)
    world.run(hops=HOPS)
    assert not world.sent
    world.run(hops=3)
    assert world.sent[-1][1].hops == 4
