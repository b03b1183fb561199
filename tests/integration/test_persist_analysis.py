"""Results become rows, however often, late and out of order they come."""

import itertools
import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.harness.analyses import (
    EPOCH,
    SECRET,
    RecordingMessenger,
    analysis_id,
    digest,
    package,
    pushed,
    store_analysis,
)
from tests.harness.rows import empty, execute, one, rows

from cargohold.contracts import (
    AnalysisFailed,
    AnalysisReady,
    AnalysisStarted,
    AnalyzeRequest,
    ImageAnalyzed,
    ImageRestored,
    ReferenceRemoved,
)
from cargohold.database.connection import Database
from cargohold.digests import to_bytes
from cargohold.errors import DatabaseUnavailable, InvalidDocument, ObjectCorrupt, ObjectNotFound, StoreUnavailable
from cargohold.model import License, Scope, Secret
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.settings import DatabaseSettings
from persist.guards import Decision
from persist.messages import Dependencies, Parsed, handle_message

IMAGE, OTHER, INDEX = digest("image"), digest("other"), digest("index")


def at(minutes: float) -> datetime:
    return EPOCH + timedelta(minutes=minutes)


@pytest.fixture
def to(database: Database) -> Dependencies:
    return Dependencies(database, MemoryStore(), RecordingMessenger(), now=lambda: at(100))


def ready(to: Dependencies, minutes: float, packages: Any = (), *, image: str = IMAGE, **fields: Any) -> AnalysisReady:
    fields = {"references": (pushed(at(minutes)),)} | fields
    return store_analysis(to.store, image, analysis_id(at(minutes)), packages, **fields)


def count(to: Dependencies, table: str) -> int:
    return int(one(to.database, f"SELECT count(*) FROM {table}"))


def events(to: Dependencies) -> list[Any]:
    assert isinstance(to.messenger, RecordingMessenger)
    return to.messenger.published


def test_a_result_becomes_rows(to: Dependencies) -> None:
    found = [
        package("left-pad", "1.3.0", licenses=(License("MIT", spdx_expression="MIT"), License("WTFPL"))),
        package("left-pad", "1.3.0", licenses=(License("WTFPL"), License("MIT")), files=("/elsewhere",)),
        package("hidden", scope=Scope.HIDDEN),
        package("locked", scope=Scope.DECLARED),
        package("libc6", "2.36", cataloger="dpkg", type="deb", source_name="glibc",
                purl="pkg:deb/debian/libc6@2.36?arch=amd64&distro=debian-12"),
    ]  # fmt: skip
    handle_message(ready(to, 1, found, layers=("base", "app"), parents=(INDEX,)), to)
    assert one(
        to.database, "SELECT status, revision, package_count, size, uncompressed_size, created_at FROM image"
    ) == ("active", 1, 2, 200, 600, datetime.fromisoformat("2025-12-31T23:59:59.123456+00:00"))
    assert [(row[1], row[2], row[5]) for row in sorted(rows(to.database)["packages"], key=lambda row: row[1:6])] == [
        ("dpkg", "visible", "libc6"),
        ("npm", "declared", "locked"),
        ("npm", "hidden", "hidden"),
        ("npm", "visible", "left-pad"),
    ]
    assert one(to.database, "SELECT distro, source_name FROM package WHERE name = 'libc6'") == ("debian-12", "glibc")
    assert one(to.database, "SELECT licenses FROM package WHERE name = 'left-pad'") == ["MIT", "WTFPL"]
    assert rows(to.database, "index")["index"] == [(to_bytes(INDEX), to_bytes(IMAGE))]
    (row,) = rows(to.database, "layers")["layers"]
    assert row[1] == [to_bytes(digest("base")), to_bytes(digest("app"))]
    # References by tag are the index's, which the tag points to.
    assert one(to.database, "SELECT digest FROM reference") == to_bytes(INDEX)
    (event,) = events(to)
    assert isinstance(event, ImageAnalyzed)
    assert (event.image, event.packages, event.references[0].digest) == (IMAGE, 2, INDEX)


def test_an_image_without_packages_and_layers_is_an_image(to: Dependencies) -> None:
    handle_message(ready(to, 1, layers=()), to)
    assert one(to.database, "SELECT package_count, layers FROM image JOIN layer_chain c ON c.id = layer_chain_id") == (
        0,
        [],
    )


@pytest.mark.trap("B17")
def test_a_replay_changes_nothing_and_tells_again_under_the_same_id(to: Dependencies) -> None:
    message = ready(to, 1, [package("a"), package("b")])
    assert isinstance(to.messenger, RecordingMessenger)
    to.messenger.fail = StoreUnavailable(store="bus", reason="gone")
    with pytest.raises(StoreUnavailable):
        handle_message(message, to)
    before = rows(to.database)
    assert len(before["image"]) == 1, "committed before the event"
    for _ in range(2):
        handle_message(message, to)
    assert rows(to.database) == before
    assert one(to.database, "SELECT revision FROM image") == 1
    assert len(events(to)) == 2
    assert len({event.event_id for event in events(to)}) == 1


def test_a_rebuild_with_the_same_packages_adds_a_handful_of_rows(to: Dependencies) -> None:
    found = [package(f"package-{number}") for number in range(300)]
    handle_message(ready(to, 1, found), to)
    tables = ("image", "layer", "layer_chain", "package", "package_set", "package_set_seen", "image_package_set",
              "reference", "reference_event", "attempt", "image_index")  # fmt: skip
    before = sum(count(to, table) for table in tables)
    handle_message(ready(to, 5, found, image=OTHER, layers=("base", "rebuilt")), to)
    assert sum(count(to, table) for table in tables) - before <= 20
    assert count(to, "package") == 300
    assert count(to, "package_set") == 1
    assert one(to.database, "SELECT max(id) FROM package") == 300, "no ids are burned"


def test_another_tag_of_a_known_image_is_news(to: Dependencies) -> None:
    message = ready(to, 1, [package("a")])
    handle_message(message, to)
    handle_message(message.model_copy(update={"references": (pushed(at(5), "stable"),)}), to)
    assert one(to.database, "SELECT revision FROM image") == 2
    assert count(to, "reference") == 2
    assert len({event.event_id for event in events(to)}) == 2


def test_a_newer_analysis_replaces_the_older(to: Dependencies) -> None:
    older = ready(to, 1, [package("a"), package("gone", cataloger="old")])
    newer = ready(to, 2, [package("b")], layers=("base",))
    for order in itertools.permutations([older, newer]):
        empty(to.database)
        for message in order:
            handle_message(message, to)
        assert [row[5] for row in rows(to.database)["packages"]] == ["b"]
        assert one(to.database, "SELECT analysis_id FROM image") == newer.analysis_id


@pytest.mark.trap("B3")
def test_an_older_catalog_version_never_replaces_a_newer_one(to: Dependencies) -> None:
    newer = ready(to, 1, [package("a")], catalog_version=2)
    later = ready(to, 2, [package("b")], catalog_version=1)
    for order in itertools.permutations([newer, later]):
        empty(to.database)
        for message in order:
            handle_message(message, to)
        assert one(to.database, "SELECT analysis_id FROM image") == newer.analysis_id
    handle_message(ready(to, 3, [package("c")], catalog_version=1, force=True), to)
    assert one(to.database, "SELECT catalog_version FROM image") == 1


def permutable(to: Dependencies) -> list[Parsed]:
    older, newer = ready(to, 10, [package("a")]), ready(to, 30, [package("b"), package("c")])
    failed_id = analysis_id(at(20))
    failed = {"reference": pushed(at(20)), "analysis_id": failed_id}
    return [
        AnalysisStarted(**failed, started_at=at(20), deadline=at(35)),
        AnalysisFailed(**failed, error_code="truncated_content", error_message="x", final=True, failed_at=at(21)),
        ReferenceRemoved(reference=pushed(None), removed_at=at(15)),
        older,
        newer,
        AnalysisStarted(reference=pushed(at(30)), analysis_id=newer.analysis_id, started_at=at(30), deadline=at(45)),
    ]


@pytest.mark.trap("B4")
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_every_order_of_messages_gives_the_same_rows(to: Dependencies, step: int) -> None:
    messages = permutable(to)
    expected = None
    for order in itertools.islice(itertools.permutations(messages), 0, None, step):
        empty(to.database)
        for message in order:
            handle_message(message, to)
        handle_message(order[0], to)  # and a replay
        found = rows(to.database)
        expected = expected or found
        assert found == expected, [message.kind for message in order]
    assert expected is not None
    assert sorted(row[5] for row in expected["packages"]) == ["b", "c"]
    assert [row[5] for row in expected["attempt"]] == ["analyzed", "analysis_failed", "analyzed"]
    assert expected["reference"][0][6] is None, "pushed again after the removal"


def test_every_order_of_pushes_to_one_tag_gives_the_same_references(to: Dependencies) -> None:
    first, second = ready(to, 10), ready(to, 20, image=OTHER)
    messages: list[Parsed] = [
        first,
        second,
        first.model_copy(update={"references": (pushed(at(30)), pushed(at(5), "v1"))}),
        ReferenceRemoved(reference=pushed(None, digest=OTHER), removed_at=at(25)),
        ReferenceRemoved(reference=pushed(None, tag="", digest=OTHER), removed_at=at(40)),
    ]
    expected = None
    for order in itertools.permutations(messages):
        empty(to.database)
        for message in order:
            handle_message(message, to)
        found = rows(to.database, "reference", "event")
        expected = expected or found
        assert found == expected, order
    assert expected is not None
    assert [(row[2], row[3], row[6]) for row in expected["reference"]] == [
        ("", to_bytes(OTHER), at(40)),
        ("latest", to_bytes(IMAGE), None),
        ("v1", to_bytes(IMAGE), None),
    ]


@pytest.mark.trap("B4")
def test_a_digest_that_lost_its_tag_in_between_is_known_in_every_order(to: Dependencies) -> None:
    first, second = ready(to, 10), ready(to, 20, image=OTHER)
    again = first.model_copy(update={"references": (pushed(at(30)),)})
    messages: list[Parsed] = [first, second, again]
    removed = ReferenceRemoved(reference=pushed(None), removed_at=at(40))
    found = []
    for order in itertools.permutations(messages):
        empty(to.database)
        for message in (*order, removed):
            handle_message(message, to)
        found.append(rows(to.database, "reference")["reference"])
    assert all(one == found[0] for one in found)
    # Without its tag the first is in the registry all the same, as it was between the other two pushes.
    assert [(row[2], row[3], row[6]) for row in found[0]] == [
        ("", to_bytes(min(IMAGE, OTHER)), None),
        ("", to_bytes(max(IMAGE, OTHER)), None),
        ("latest", to_bytes(IMAGE), at(40)),
    ]


@pytest.mark.trap("B3")
@pytest.mark.parametrize(
    ("fields", "passes"),
    [
        ({}, False),
        ({"references": (pushed(at(50)),)}, False),
        ({"references": (pushed(at(10)), pushed(at(51), "new"))}, True),
        ({"reason": "manual"}, True),
        ({"force": True}, True),
        ({"reason": "reanalyze"}, False),
        ({"reason": "reconcile", "references": (pushed(None),)}, False),
        ({"references": ()}, False),
        ({"origin": "restore", "request_id": uuid4()}, False),
        ({"origin": "reindex"}, False),
    ],
)
def test_a_tombstone_stops_what_is_not_newer(to: Dependencies, fields: dict[str, Any], passes: bool) -> None:
    execute(to.database, "INSERT INTO tombstone VALUES (%s, %s, 'deleted')", (to_bytes(IMAGE), at(50)))
    handle_message(ready(to, 40, [package("a")], **fields), to)
    assert (count(to, "image"), len(events(to))) == (0, 0)
    # What is wanted was analyzed before the removal, which may be deleting its documents: it is analyzed anew.
    assert [(queue, type(sent), sent.force) for queue, sent in to.messenger.sent] == [
        ("analyze", AnalyzeRequest, True)
    ] * passes
    handle_message(ready(to, 60, [package("a")], references=(pushed(at(60)),)), to)
    assert count(to, "image") == 1


@pytest.mark.trap("B3")
def test_documents_that_an_archiving_deletes_meanwhile_are_made_anew(to: Dependencies) -> None:
    class Deleting(MemoryStore):
        def get(self, key: str) -> Any:
            execute(to.database, "INSERT INTO tombstone VALUES (%s, %s, 'archived')", (to_bytes(IMAGE), at(50)))
            for held in list(self.list("")):
                self.delete(held.key)
            return super().get(key)

    message = ready(to, 40, [package("a")], references=(pushed(at(51)),))
    store = Deleting()
    handle_message(message, Dependencies(to.database, store, to.messenger))
    assert (count(to, "image"), events(to)) == (0, [])
    ((queue, request),) = to.messenger.sent
    assert (queue, request.image, request.reference) == ("analyze", IMAGE, message.references[0])


def test_a_result_after_a_tombstone_still_ends_its_attempt(to: Dependencies) -> None:
    execute(to.database, "INSERT INTO tombstone VALUES (%s, %s, 'archived')", (to_bytes(IMAGE), at(50)))
    message = ready(to, 40)
    handle_message(
        AnalysisStarted(
            reference=message.references[0], analysis_id=message.analysis_id, started_at=at(40), deadline=at(60)
        ),
        to,
    )
    handle_message(message, to)
    assert one(to.database, "SELECT status FROM attempt") == "analyzed"


def archived(to: Dependencies, message: AnalysisReady, transition_id: UUID | None, status: str = "restoring") -> None:
    execute(
        to.database,
        "INSERT INTO archived_image (digest, status, request_id, transition_id, bundle_key, bundle_sha256, "
        "bundle_size, "
        'analysis_id, catalog_version, os, architecture, distro_id, distro_version, package_count, "references", '
        "primary_keys, analyzed_at) VALUES (%s, %s, %s, %s, 'bundle', %s, 1, %s, 1, 'linux', 'amd64', 'debian', '12', "
        "1, '[]', '{}', %s)",
        (to_bytes(message.image), status, uuid4(), transition_id, bytes(32), message.analysis_id, at(1)),
    )
    execute(to.database, "INSERT INTO tombstone VALUES (%s, %s, 'archived')", (to_bytes(message.image), at(50)))


def test_a_restore_passes_by_its_request_id(to: Dependencies) -> None:
    request_id = uuid4()
    message = ready(to, 40, [package("a")], origin="restore", request_id=request_id)
    archived(to, message, request_id)
    for _ in range(2):
        handle_message(message, to)
        assert one(to.database, "SELECT status, revision FROM image") == ("active", 1)
        assert one(to.database, "SELECT status, transition_id, revision FROM archived_image") == ("archived", None, 2)
    assert [type(event) for event in events(to)] == [ImageRestored, ImageRestored]
    assert len({event.event_id for event in events(to)}) == 1


@pytest.mark.parametrize("status", ["archived", "restoring", "deleting"])
def test_a_restore_that_was_cancelled_or_asked_again_does_nothing(to: Dependencies, status: str) -> None:
    message = ready(to, 40, [package("a")], origin="restore", request_id=uuid4())
    archived(to, message, uuid4() if status == "restoring" else None, status)
    handle_message(message, to)
    assert count(to, "image") == 0
    assert events(to) == []
    assert one(to.database, "SELECT status, revision FROM archived_image") == (status, 1)


def test_a_restore_does_not_replace_what_was_analyzed_since(to: Dependencies) -> None:
    request_id = uuid4()
    message = ready(to, 40, [package("a")], origin="restore", request_id=request_id)
    archived(to, message, request_id)
    newer = ready(to, 60, [package("b")])
    handle_message(newer, to)
    handle_message(message, to)
    assert one(to.database, "SELECT analysis_id FROM image") == newer.analysis_id
    assert one(to.database, "SELECT status FROM archived_image") == "archived"


@pytest.mark.trap("B2")
@pytest.mark.parametrize("status", ["archiving", "deleting"])
@pytest.mark.parametrize("news", ["analysis", "tag"])
def test_news_lets_a_transition_fail_at_its_fence(to: Dependencies, status: str, news: str) -> None:
    message = ready(to, 1, [package("a")])
    handle_message(message, to)
    execute(
        to.database, "UPDATE image SET status = %s, request_id = %s, status_changed_at = %s", (status, uuid4(), at(2))
    )
    handle_message(message, to)
    assert one(to.database, "SELECT status, revision FROM image") == (status, 1), "a replay is no news"
    if news == "analysis":
        handle_message(ready(to, 5, [package("b")]), to)
    else:
        handle_message(message.model_copy(update={"references": (pushed(at(5), "stable"),)}), to)
    assert one(to.database, "SELECT status, request_id, revision FROM image") == ("active", None, 2)


def test_a_late_result_does_not_undo_a_deletion(to: Dependencies) -> None:
    handle_message(ready(to, 1, [package("a")]), to)
    execute(to.database, "UPDATE image SET status = 'deleting', request_id = %s, status_changed_at = %s",
            (uuid4(), at(10)))  # fmt: skip
    handle_message(ready(to, 5, [package("b")]), to)
    assert one(to.database, "SELECT status, revision FROM image") == ("deleting", 1)


def test_a_restored_image_can_be_analyzed_again(to: Dependencies) -> None:
    handle_message(ready(to, 40, [package("a")]), to)
    execute(to.database, "INSERT INTO tombstone VALUES (%s, %s, 'archived')", (to_bytes(IMAGE), at(50)))
    again = store_analysis(to.store, IMAGE, analysis_id(at(60)), [package("b")], catalog_version=2,
                           references=(pushed(at(40)),), reason="reanalyze")  # fmt: skip
    handle_message(again, to)
    assert one(to.database, "SELECT catalog_version FROM image") == 2


@pytest.mark.trap("B11")
def test_seeing_a_set_again_does_not_rewrite_it(to: Dependencies) -> None:
    handle_message(ready(to, 60, [package("a")]), to)
    before = one(to.database, "SELECT xmin::text, ctid::text FROM package_set")
    for minutes in (500, 501, 3):
        handle_message(ready(to, minutes, [package("a")], image=digest(str(minutes))), to)
    assert one(to.database, "SELECT xmin::text, ctid::text FROM package_set") == before
    assert one(to.database, "SELECT first_seen, last_seen FROM package_set_seen") == (at(0), at(480))
    options = one(to.database, "SELECT reloptions FROM pg_class WHERE relname = 'package_set_members'")
    assert options == ["fastupdate=off"]


@pytest.mark.trap("B20")
def test_history_needs_no_partition_made_in_time(to: Dependencies) -> None:
    for years in (-30, 30):
        moment = at(0) + timedelta(days=365 * years)
        handle_message(ready(to, 1, references=(pushed(moment, f"y{years}"),)), to)
    assert count(to, "reference_event") == 2


def in_threads(work: Any, number: int) -> None:
    failures: list[BaseException] = []

    def run(ordinal: int) -> None:
        try:
            work(ordinal)
        except BaseException as error:  # noqa: BLE001 -- reported by the test's thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(ordinal,)) for ordinal in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


@pytest.mark.trap("B12")
@pytest.mark.parametrize("same_image", [True, False])
def test_eight_writers_at_once(to: Dependencies, database_url: str, same_image: bool) -> None:
    found = [package(f"package-{number}") for number in range(200)]
    messages = [
        ready(to, 10 + ordinal, found if ordinal % 2 else found[::-1],
              image=IMAGE if same_image else digest(str(ordinal)), layers=("base", "app"))
        for ordinal in range(8)
    ]  # fmt: skip

    def write(ordinal: int) -> None:
        own = Database(DatabaseSettings(database_url=database_url), application_name=f"writer {ordinal}")
        for message in messages[ordinal:] + messages[:ordinal]:
            handle_message(message, Dependencies(own, to.store, RecordingMessenger()))
        own.close()

    in_threads(write, 8)
    assert count(to, "image") == (1 if same_image else 8)
    assert count(to, "package") == 200
    assert count(to, "package_set") == 1
    assert count(to, "layer") == 2
    assert one(to.database, "SELECT count(*) FROM reference WHERE tag = 'latest'") == 1
    assert one(to.database, "SELECT pushed_at FROM reference WHERE tag = 'latest'") == at(17)


@pytest.mark.parametrize("step", ["images", "packages", "links", "references"])
def test_a_crash_in_the_middle_leaves_nothing(to: Dependencies, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    message = ready(to, 1, [package("a")])
    before = rows(to.database)
    with monkeypatch.context() as patched:
        place = {
            "images": "persist.images.write",
            "packages": "persist.sets.insert_missing",
            "links": "persist.sets.analysis_hour",
            "references": "persist.references.record",
        }[step]
        patched.setattr(place, killed)
        with pytest.raises(Killed):
            handle_message(message, to)
    assert rows(to.database) == before
    assert events(to) == []
    handle_message(message, to)
    assert count(to, "image") == 1


def test_few_round_trips_write_what_is_known(to: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up, the rows, the references, COMMIT: as many as a bare look-up and insert with BEGIN and COMMIT."""
    found = [package(f"p{number}") for number in range(30)]
    for minutes, image in ((1, IMAGE), (2, OTHER)):  # the second connects and plans nothing any more
        handle_message(ready(to, minutes, found, image=image, parents=(INDEX,)), to)
    sent: list[str] = []
    with to.database.transaction() as cursor:
        connection = cursor.connection

    class Recording(connection.cursor_factory):  # type: ignore[misc, name-defined]
        def execute(self, statement: str, parameters: Any = None) -> None:
            sent.append(statement)
            super().execute(statement, parameters)

    monkeypatch.setattr(connection, "cursor_factory", Recording)
    new = ready(to, 3, found, image=digest("third"), layers=("base", "new"), parents=(INDEX,), secrets=())
    handle_message(new, to)
    first_look, *writes = sent
    assert first_look == writes[0]
    assert len(writes) == 3, writes
    sent.clear()
    handle_message(new, to)  # a replay
    assert len(sent) == 2


def test_content_that_is_not_what_was_announced_is_refused_and_recorded(to: Dependencies) -> None:
    good = ready(to, 1, [package("a")])
    head = next(key for key in good.documents if key.document == "analysis")
    packages = next(key for key in good.documents if key.document == "packages")
    content = {}
    for key in (head, packages):
        with to.store.get(key.key) as reader:
            content[key.key] = reader.read()

    def mend() -> None:
        for key, whole in content.items():
            to.store.put(key, [whole])

    cases: list[tuple[type[Exception], Any]] = [
        (ObjectCorrupt, lambda: to.store.put(head.key, [content[head.key] + b" "])),
        (ObjectCorrupt, lambda: to.store.put(packages.key, [content[packages.key].replace(b"npm/a", b"npm/b")])),
        (InvalidDocument, lambda: to.store.put(packages.key, [content[packages.key] + b"\n"])),
        (ObjectNotFound, lambda: to.store.delete(packages.key)),
        (ObjectNotFound, lambda: to.store.delete(head.key)),
    ]
    for expected, damage in cases:
        damage()
        with pytest.raises(expected):
            handle_message(good, to)
        mend()
    with pytest.raises(InvalidDocument):
        handle_message(good.model_copy(update={"documents": ()}), to)
    with pytest.raises(InvalidDocument):
        handle_message(good.model_copy(update={"catalog_version": 7}), to)
    assert count(to, "image") == 0
    assert one(to.database, "SELECT status, final, digest FROM attempt") == ("analysis_failed", True, to_bytes(IMAGE))
    assert {event.kind for event in events(to)} == {"ImageAnalysisFailed"}
    assert len({event.event_id for event in events(to)}) == 1


def test_hostile_text_is_stored_not_choked_on(to: Dependencies) -> None:
    found = [
        package("nul\0name", "1\0", purl="pkg:npm/nul"),
        package("n" * 100_000, "v" * 100_000, purl="p" * 1_000_000, source_name="s" * 100_000),
        package("\U0001f600" * 5_000, cataloger="c" * 9_000, licenses=(License("l\0" * 100_000),) * 3),
        package("tab\tnew\nline\\N", licenses=tuple(License(f'{{{number}",') for number in range(500))),
    ]
    message = ready(
        to, 1, found, references=(pushed(at(1), "t" * 9_000, repository="r\0" * 9_000),),
        head={"os": "\0" * 9_000, "files": 2**40, "created": "0001-01-01T00:00:00+23:59"},
    )  # fmt: skip
    handle_message(message, to)
    handle_message(message, to)
    assert count(to, "package") == 4
    assert one(to.database, "SELECT count(*) FROM package WHERE name = E'tab\\tnew\\nline\\\\N'") == 1
    assert one(to.database, "SELECT file_count, created_at FROM image") == (2**31 - 1, None)


def test_hostile_secrets_are_stored_not_choked_on(to: Dependencies) -> None:
    long = Secret("r" * 999, "c", "t" * 9_000, "HIGH", "/p\0" * 90_000, "s" * 9_000, line=2**40, column=-1, layer=2**40)
    handle_message(ready(to, 1, secrets=[long, *[SECRET] * 11_000]), to)
    assert one(to.database, "SELECT count(*), max(line), max(layer) FROM secret") == (10_000, 2**31 - 1, 2**31 - 1)


def test_secrets_are_those_of_the_current_analysis(to: Dependencies) -> None:
    handle_message(ready(to, 1, secrets=[SECRET, SECRET]), to)
    assert count(to, "secret") == 2
    handle_message(ready(to, 2, secrets=[SECRET]), to)
    assert count(to, "secret") == 1
    handle_message(ready(to, 3, secrets=None), to)
    assert count(to, "secret") == 0


def test_persist_works_with_its_role_and_can_do_no_more(to: Dependencies, database_url: str) -> None:
    settings = DatabaseSettings(database_url=database_url, database_role="cargohold_persist")
    own = Database(settings, application_name="persist")
    limited = Dependencies(own, to.store, to.messenger, now=to.now)
    request_id = uuid4()
    restored = ready(to, 40, [package("z")], image=OTHER, origin="restore", request_id=request_id)
    archived(to, restored, request_id)
    try:
        for message in [*permutable(to), restored, ReferenceRemoved(reference=pushed(None), removed_at=at(99))]:
            handle_message(message, limited)
        assert count(to, "image") == 2
        for statement in (
            "DELETE FROM image",
            "DELETE FROM reference",
            "DELETE FROM package",
            "DELETE FROM archived_image",
            "UPDATE archived_image SET bundle_key = 'x'",
            "UPDATE secret SET snippet = 'x'",
            "INSERT INTO tombstone VALUES (decode(repeat('00', 32), 'hex'), now(), 'deleted')",
            "INSERT INTO archive_rule (name, rule) VALUES ('x', '{}')",
        ):
            with pytest.raises(Exception, match="permission denied"):
                execute(own, statement)
    finally:
        own.close()


def test_a_stopped_database_is_worth_a_retry(to: Dependencies, database_url: str) -> None:
    away = Database(DatabaseSettings(database_url=database_url.rsplit("/", 1)[0] + "/nowhere"))
    with pytest.raises(DatabaseUnavailable) as caught:
        handle_message(ready(to, 1), Dependencies(away, to.store, to.messenger))
    assert not caught.value.permanent
    assert events(to) == []
    assert Decision.STOP == "stop"
