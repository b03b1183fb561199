"""Rules over a real database: what it counts, against a naive count; runs, their history and continuations."""

import random
from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.harness.analyses import EPOCH, analysis_id, digest, pushed
from tests.harness.faults import Crashed, Faults
from tests.harness.rows import execute, one
from tests.harness.transitions import RUN, World

from archive import candidates as candidates_module
from archive.candidates import Candidates, read_rules
from archive.resume import resume
from archive.rule_run import run_rules
from cargohold import digests
from cargohold.archive_rules import RuleTransition
from cargohold.contracts import ScheduledRun, now
from cargohold.database.connection import Database
from cargohold.errors import InvalidMessage, TransitionConflict
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.memory import MemoryStore

RULES_RUN = ScheduledRun(job="archive-rules", execution_id="execution")


@pytest.fixture
def world(database: Database, database_url: str) -> Any:
    world = World(database, database_url, MemoryStore(), MemoryStore())
    yield world
    world.close()


def add_rule(world: World, name: str = "rule", *, enabled: bool = True, **fields: Any) -> int:
    document = orjson.dumps({"transition": "archive"} | fields).decode()
    execute(
        world.database,
        "INSERT INTO archive_rule (name, rule, enabled) VALUES (%s, %s, %s)",
        (name, document, enabled),
    )
    return int(one(world.database, "SELECT max(id) FROM archive_rule"))


def run(world: World, message: ScheduledRun = RULES_RUN, **limits: int) -> Any:
    services = world.services()
    return run_rules(services.database, services.messenger, message, **limits)


def taken(world: World) -> set[str]:
    return {
        message.image for queue, message in world.messenger.sent if queue == "archive" and hasattr(message, "image")
    }


def candidates(world: World, transition: RuleTransition = RuleTransition.ARCHIVE) -> dict[str, Any]:
    rules, _ = read_rules(world.services().database)
    pages = Candidates(world.services().database, transition, rules).pages()
    return {one.digest: one for _, page in pages for one in page}


def test_counts_agree_with_a_naive_count(world: World) -> None:
    """Random pushes of images and indexes, moved tags and removals of nothing: each count by hand."""
    rng = random.Random(7)
    add_rule(world, repository_images_newer=1, tag_versions_newer=1)
    pushes: list[tuple[str, str, str, float]] = []  # repository, tag, image, day
    for number in range(14):
        image = digest(f"image {number}")
        names = {(rng.choice("ab"), rng.choice(["latest", "v1", "v2"])) for _ in range(rng.randint(1, 3))}
        references = []
        for repository, tag in sorted(names):
            day = rng.randint(0, 30)
            pushes.append((repository, tag, image, day))
            at = EPOCH + timedelta(days=day)
            references.append(pushed(at, tag, digest=image, repository=repository))
        world.push(number, image=image, references=references, size=1)

    def newer(repository: str, tag: str | None, image: str) -> int:
        last: dict[str, float] = {}
        for its_repository, its_tag, its_image, day in pushes:
            if its_repository == repository and tag in (None, its_tag):
                last[its_image] = max(day, last.get(its_image, -1))
        return sum(day > last[image] for day in last.values())

    found = candidates(world)
    assert len(found) == 14
    for image, candidate in found.items():
        counted = {
            (one.repository, one.tag): (one.newer_under_tag, one.newer_in_repository)
            for one in candidate.references
            if one.tag
        }
        expected = {
            (repository, tag): (newer(repository, tag, image), newer(repository, None, image))
            for repository, tag, its_image, _ in pushes
            if its_image == image
        }
        assert counted == expected


def test_the_count_is_made_before_the_age_filter(world: World) -> None:
    """One new and one old image under a tag, age 10 and one newer: the old one goes (Anchore kept it)."""
    today = (now() - EPOCH) / timedelta(days=1)
    add_rule(world, analysis_age_days=10, tag_versions_newer=1)
    world.push(0, image=digest("old"), size=1)
    world.push(today, image=digest("new"), size=1)
    run(world)
    assert taken(world) == {digest("old")}


def test_a_limit_that_is_far_is_looked_for_once_in_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each image that is about to move the rules are asked anew, and none walks a hundred thousand others."""
    monkeypatch.setattr(candidates_module, "PAGE", 1)
    add_rule(world, max_images=2)
    for number in range(4):
        world.push(number, image=digest(f"{number}"), tag=f"v{number}", size=1)

    def beyond() -> list[str]:
        return [name for name in "01234" if (one := candidates(world).get(digest(name))) and one.beyond]

    assert beyond() == ["0", "1"]
    world.push(4, image=digest("4"), tag="v4", size=1)
    assert beyond() == ["0", "1"], "no more than by then"
    monkeypatch.setattr(candidates_module, "LIMIT_KEPT", -1)
    candidates_module._LIMITS.clear()
    assert beyond() == ["0", "1", "2"]


def test_an_index_and_its_images_are_one_push(world: World) -> None:
    add_rule(world, repository_images_newer=1)
    for day, name in enumerate(["one", "two"]):
        at = EPOCH + timedelta(days=day)
        for child in "ab":
            world.push(
                day,
                image=digest(f"{name} {child}"),
                references=(pushed(at, digest=digest(name)),),
                parents=(digest(name),),
                identifier=analysis_id(at, ord(child)),
                size=1,
            )
    found = candidates(world)
    newer = {image: {one.newer_in_repository for one in it.references} for image, it in found.items()}
    expected = {"one a": {1}, "one b": {1}, "two a": {0}, "two b": {0}}
    assert newer == {digest(name): counts for name, counts in expected.items()}


def test_only_what_is_beyond_the_limit_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates_module, "PAGE", 3)
    add_rule(world, max_images=4, selector={"repository": "shop/*"})
    for number in range(10):
        world.push(number, image=digest(f"{number}"), tag=f"v{number}", size=1)
        other = pushed(EPOCH + timedelta(days=number), f"w{number}", repository="other", digest=digest(f"o{number}"))
        world.push(number, image=digest(f"o{number}"), references=(other,), size=1)
    report = run(world)
    assert report.examined == 20
    assert taken(world) == {digest(f"{number}") for number in range(6)}
    world.settle()
    assert run(world).requested == 0


def test_a_run_leaves_history_and_a_repetition_replaces_it(world: World) -> None:
    rule = add_rule(world, analysis_age_days=1)
    add_rule(world, "wrong", analysis_age_days=-1)
    add_rule(world, "off", enabled=False, analysis_age_days=1)
    world.push(size=1)
    for _ in range(2):
        run(world)
    with world.database.transaction() as cursor:
        cursor.execute(
            "SELECT rule_id, rule_name, dry_run, examined, selected, requested, detail"
            " FROM archive_rule_run ORDER BY id"
        )
        first, second = cursor.fetchall()
    assert first[:6] == (rule, "rule", False, 1, 1, 1)
    assert first[6]["decisions"][0]["image"] == digest("image")
    assert first[6]["processor_seconds"] >= 0
    assert first[6]["peak_mib"] > 0
    assert second[1] == "wrong"
    assert "analysis_age_days" in second[6]["error"]


def test_a_dry_run_says_why_and_does_nothing(world: World) -> None:
    add_rule(world, analysis_age_days=1, selector={"tag": "v*"})
    world.push(image=digest("one"), tag="v1", size=1)
    both = (pushed(EPOCH, "v2", digest=digest("two")), pushed(EPOCH, "stable", digest=digest("two")))
    world.push(image=digest("two"), references=both, size=1)
    world.push(image=digest("three"), tag="other", size=1)
    report = run(world, RULES_RUN.model_copy(update={"dry_run": True}))
    assert not world.messenger.sent
    said = {decision["image"]: decision for decision in report.decisions}
    assert set(said) == {digest("one"), digest("two")}
    assert said[digest("one")]["rule_id"] == 1
    assert said[digest("two")]["rule_id"] is None
    assert "stable" in said[digest("two")]["reason"]


def test_a_dry_run_of_one_image_is_recorded_with_every_rule_that_is_asked(world: World) -> None:
    add_rule(world, "takes", analysis_age_days=1)
    add_rule(world, "other", analysis_age_days=1, selector={"repository": "other/*"}, priority=-1)
    add_rule(world, "deleting", transition="delete", analysis_age_days=1)
    for name in ("one", "two"):
        world.push(image=digest(name), tag=name, size=1)
    of_one = RULES_RUN.model_copy(update={"image": digest("one")})
    with pytest.raises(InvalidMessage):
        run(world, of_one)
    (decision,) = run(world, of_one.model_copy(update={"dry_run": True})).decisions
    assert (decision["image"], decision["transition"]) == (digest("one"), "archive")
    assert not world.messenger.sent
    with world.database.transaction() as cursor:
        cursor.execute("SELECT rule_name, examined, selected, detail->'decisions' FROM archive_rule_run ORDER BY id")
        rows = cursor.fetchall()
    assert rows == [("takes", 1, 1, [decision]), ("other", 1, 0, [decision]), ("deleting", 1, 0, [])]


@pytest.mark.trap("B7")
def test_a_long_run_goes_on_by_messages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates_module, "PAGE", 2)
    add_rule(world, analysis_age_days=1)
    add_rule(world, "deleting", transition="delete", analysis_age_days=1)
    for number in range(7):
        world.push(image=digest(f"{number}"), tag=f"v{number}", size=1)
    for number in range(3):
        world.do(Transition.ARCHIVE, image=digest(f"{number}"))
    message, hops = RULES_RUN, 0
    while True:
        run(world, message, requests=2)
        following = [one for _, one in world.messenger.sent if isinstance(one, ScheduledRun)]
        world.messenger.sent[:] = [(q, one) for q, one in world.messenger.sent if not isinstance(one, ScheduledRun)]
        if not following:
            break
        (message,) = following
        hops += 1
        assert message.hops == hops
        assert message.execution_id == "execution"
    assert hops >= 3
    assert len(world.messenger.sent) == 7
    transitions = [one.transition for _, one in world.messenger.sent]  # type: ignore[attr-defined]
    assert transitions.count(Transition.DELETE_ARCHIVE) == 3
    world.settle()
    assert one(world.database, "SELECT count(*) FROM image") == 0
    assert one(world.database, "SELECT count(*) FROM archived_image") == 4


def test_a_restored_image_is_left_alone_for_its_grace(world: World) -> None:
    add_rule(world, analysis_age_days=1)
    world.push(size=1)
    world.do(Transition.ARCHIVE)
    world.do(Transition.RESTORE)
    assert run(world).requested == 0
    execute(world.database, "UPDATE image SET status_changed_at = now() - interval '31 days'")
    assert run(world).requested == 1


def test_a_push_between_a_run_and_its_request_keeps_the_image(world: World) -> None:
    add_rule(world, analysis_age_days=1)
    world.push(size=1)
    run(world)
    ((_, request),) = world.messenger.sent
    world.messenger.sent.clear()
    ready = world.push(400, tag="new", size=1, reason="manual")
    with pytest.raises(TransitionConflict):
        world.deliver(request)  # type: ignore[arg-type]
    assert world.status() == ("active", None)
    assert world.in_primary(ready)


@pytest.mark.parametrize("restored", ["begun", "handed over", "done"])
def test_a_restore_between_a_run_and_its_request_keeps_the_archive(world: World, restored: str) -> None:
    """A rule deletes only what was as it saw it."""
    add_rule(world, transition="delete", analysis_age_days=1)
    ready = world.push(size=1)
    world.do(Transition.ARCHIVE)
    run(world)
    ((_, request),) = world.messenger.sent
    world.messenger.sent.clear()
    restore = world.request(Transition.RESTORE)
    if restored == "begun":
        with pytest.raises(Crashed):
            world.deliver(restore, Faults(4))
    else:
        world.deliver(restore)
    if restored == "done":
        world.settle()
    with pytest.raises(TransitionConflict):
        world.deliver(request)  # type: ignore[arg-type]
    world.redeliver(restore)
    world.settle()
    assert world.status() == ("active", "archived")
    assert world.in_primary(ready)
    assert world.in_archive(ready)


def test_an_image_under_way_is_no_candidate(world: World) -> None:
    add_rule(world, analysis_age_days=1)
    world.push(size=1)
    execute(world.database, "UPDATE image SET status = 'archiving'")
    assert run(world).requested == 0


def test_delete_rules_see_the_references_that_were_archived(world: World) -> None:
    add_rule(world, transition="delete", analysis_age_days=1, selector={"tag": "v*"})
    world.push(image=digest("one"), tag="v1", size=1)
    world.push(image=digest("two"), tag="w1", size=1)
    for name in ("one", "two"):
        world.do(Transition.ARCHIVE, image=digest(name))
    execute(world.database, "DELETE FROM reference")
    execute(world.database, "DELETE FROM reference_event")
    run(world)
    assert taken(world) == {digest("one")}


def test_only_what_is_stuck_is_taken_up(world: World) -> None:
    world.push(size=1)
    request = world.request(Transition.ARCHIVE)
    execute(world.database, "UPDATE image SET status = 'archiving', request_id = %s", (request.request_id,))
    services = world.services()
    assert resume(services.database, services.messenger, RUN) == 0
    execute(world.database, "UPDATE image SET status_changed_at = now() - interval '21 minutes'")
    assert resume(services.database, services.messenger, RUN) == 1
    world.settle()
    assert world.status() == (None, "archived")
    assert one(world.database, "SELECT request_id FROM archived_image") == request.request_id
    assert digests.to_text(one(world.database, "SELECT digest FROM archived_image")) == digest("image")
