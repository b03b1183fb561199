"""A lost database is rebuilt from the stores, and differs from the lost one in what is stated and nothing else."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.harness.analyses import EPOCH, REGISTRY, REPOSITORY, analysis_id, digest, pushed
from tests.harness.postgres import PostgresServer
from tests.harness.rows import empty, one
from tests.harness.transitions import World

from analyze import claims
from archive import reindex as archives
from cargohold.contracts import AnalysisFailed, AnalysisReady, ReconcileRun, ReferenceRemoved
from cargohold.database.connection import Database
from cargohold.digests import to_bytes
from cargohold.errors import DatabaseNotEmpty, StoreUnavailable
from cargohold.identifiers import made_at
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.open import open_store
from cargohold.objects.store import ObjectStore
from cargohold.registry.document import Registry
from cargohold.settings import DatabaseSettings
from cargohold_cli.rebuild import Rebuild, Report
from intake.reconcile.run import Reconciliation

# Every column but ids, revisions, and the times at which rows were written.
TABLES = {
    "image": "SELECT digest, media_type, os, architecture, variant, distro_id, distro_version, size, "
    "uncompressed_size, file_count, package_count, status, request_id, error, analysis_id, analysis_sha256, "
    "catalog_version, created_at, analyzed_at FROM image",
    "layers": "SELECT i.digest, c.sha256, n.ordinal, l.diff_id, l.blob_digest FROM image i "
    "JOIN layer_chain c ON c.id = i.layer_chain_id, unnest(c.layers) WITH ORDINALITY n (id, ordinal) "
    "JOIN layer l ON l.id = n.id",
    "image_package_set": "SELECT i.digest, l.cataloger, l.scope, s.sha256, s.scope, p.identity "
    "FROM image_package_set l JOIN image i ON i.id = l.image_id JOIN package_set s ON s.id = l.set_id, "
    "unnest(s.members) member JOIN package p ON p.id = member",
    "package": "SELECT identity, type, namespace, name, version, version_key, source_name, source_version, distro, "
    "purl, licenses::text, first_seen, greatest(last_seen, (SELECT max(n.last_seen) FROM package_set s "
    "JOIN package_set_seen n ON n.set_id = s.id WHERE s.members @> ARRAY[package.id])) FROM package",
    "secret": "SELECT i.digest, s.ordinal, s.rule, s.category, s.title, s.severity, s.source, s.path, s.layer, "
    's.line, s."column", s.snippet, s.digest, s.visible, s.created_by FROM secret s JOIN image i ON i.id = s.image_id',
    "image_index": "SELECT index_digest, image_digest, first_seen FROM image_index",
    "reference": "SELECT registry, repository, tag, digest, first_seen, pushed_at, removed_at FROM reference",
    "reference_event": "SELECT registry, repository, tag, digest, event, at FROM reference_event",
    "archived_image": "SELECT digest, status, request_id, transition_id, bundle_key, bundle_sha256, bundle_size, "
    "analysis_id, catalog_version, os, architecture, distro_id, distro_version, size, uncompressed_size, "
    'package_count, "references"::text, primary_keys::text, stale_bundles::text, error, damage, analyzed_at '
    "FROM archived_image",
    "tombstone": "SELECT digest, reason FROM tombstone",
    "attempt": "SELECT registry, repository, tag, status FROM attempt",
}
Rows = dict[str, set[tuple[Any, ...]]]


@dataclass
class Tags:
    """A registry of one repository, as a listing tells it."""

    tags_now: dict[str, str]

    def repositories(self) -> list[str]:
        return [REPOSITORY]

    def tags(self, repository: str) -> list[str]:
        return list(self.tags_now) if repository == REPOSITORY else []

    def digests(self, repository: str, names: Iterable[str]) -> dict[str, str | None]:
        there = {*self.tags_now.values(), digest("app 2")}  # a manifest stays when its tag moves on
        return {name: self.tags_now.get(name) or (name if name in there else None) for name in names}

    def pushed_at(self, digest: str) -> datetime | None:
        return None

    def children(self, repository: str, digest: str) -> list[str]:
        return []


def day(number: float) -> datetime:
    return EPOCH + timedelta(days=number)


def at(tag: str, days: float, image: str) -> Any:
    return pushed(day(days), tag, digest=digest(image))


@pytest.fixture
def lost(postgres: PostgresServer, tmp_path: Path) -> Iterator[World]:
    """A database whose images have been through everything, and is at rest."""
    with postgres.new_database() as url:
        database = Database(DatabaseSettings(database_url=url), application_name="lost")
        world = World(database, url, MemoryStore(), FileStore(tmp_path / "archive"))
        live(world)
        yield world
        world.close()
        database.close()


@pytest.fixture
def rebuilt(postgres: PostgresServer, lost: World) -> Iterator[World]:
    """The same stores over an empty database."""
    with postgres.new_database() as url:
        database = Database(DatabaseSettings(database_url=url), application_name="rebuilt")
        yield World(database, url, lost.primary, lost.archive)
        database.close()


def live(world: World) -> None:
    def push(days: float, image: str, tag: str, **fields: Any) -> AnalysisReady:
        fields = {"references": (at(tag, days, image),), "size": 5} | fields
        return world.push(days, image=digest(image), announce=True, **fields)

    push(1, "web", "latest")
    push(5, "web", "latest", references=(at("latest", 1, "web"),), reason="reanalyze", catalog_version=2)
    app = push(2, "app 1", "app")
    push(3, "app 2", "app")
    # Two pushes of what is analyzed already: no analysis, and so no announcement.
    world.persist(app.model_copy(update={"references": (at("app", 6, "app 1"),)}))
    push(
        3.5,
        "child",
        "multi",
        parents=(digest("index"),),
        references=(pushed(day(3.5), "multi", digest=digest("index")),),
    )
    push(4, "unnamed", "old")
    world.persist(ReferenceRemoved(reference=pushed(None, "old"), removed_at=day(7)))
    push(4, "frozen", "frozen")
    world.persist(ReferenceRemoved(reference=pushed(None, "frozen"), removed_at=day(8)))
    world.do(Transition.ARCHIVE, image=digest("frozen"))
    push(4.5, "thawed", "thawed")
    world.do(Transition.ARCHIVE, image=digest("thawed"))
    world.do(Transition.RESTORE, image=digest("thawed"))
    push(4.6, "renewed", "renewed")
    world.do(Transition.ARCHIVE, image=digest("renewed"))
    later = (datetime.now(EPOCH.tzinfo) + timedelta(minutes=1) - EPOCH).total_seconds() / 86400
    push(later, "renewed", "renewed")
    push(4.7, "twice", "twice")
    world.do(Transition.ARCHIVE, image=digest("twice"))
    push(later, "twice", "twice")
    world.do(Transition.ARCHIVE, image=digest("twice"))
    push(4.8, "trash", "trash")
    world.do(Transition.DELETE_IMAGE, image=digest("trash"))
    world.persist(ReferenceRemoved(reference=pushed(None, "trash"), removed_at=day(9)))
    world.persist(
        AnalysisFailed(reference=pushed(day(8), "broken"), analysis_id=analysis_id(day(8)), error_code="unauthorized",
                       error_message="no", final=True, failed_at=day(8))
    )  # fmt: skip


def snapshot(database: Database) -> Rows:
    found: Rows = {}
    with database.transaction() as cursor:
        for table, statement in TABLES.items():
            cursor.execute(statement)
            found[table] = set(cursor.fetchall())
    return found


def difference(lost: Rows, found: Rows) -> dict[str, tuple[set[Any], set[Any]]]:
    """Return what only the lost and only the rebuilt database has, of the tables where that is anything."""
    pairs = {table: (lost[table] - found[table], found[table] - lost[table]) for table in TABLES}
    return {table: pair for table, pair in pairs.items() if any(pair)}


def rebuild(world: World, *, resume: bool = False, **fields: Any) -> Report:
    return Rebuild(world.database, world.primary, world.archive, **fields).run(resume=resume)


def reconcile(world: World, tags: dict[str, str]) -> None:
    """Compare with a listing of the registry, and handle what that sends: every image is analyzed already."""
    run = Reconciliation(Registry(host=REGISTRY), Tags(tags), world.database, world.messenger, lambda: False)
    run.run(ReconcileRun(registry=REGISTRY))
    sent, world.messenger.sent = world.messenger.sent, []
    for queue, message in sent:
        if queue == "persist":
            world.persist(message)
            continue
        image = message.reference.digest
        claim = max(world.primary.list(f"analyses/{image}/"), key=lambda info: info.key).key.split("/")[2]
        keys = claims.finished(world.primary, image, UUID(claim))
        assert keys is not None
        world.persist(
            AnalysisReady(analysis_id=UUID(claim), image=image, references=(message.reference,), documents=keys,
                          catalog_version=1, reason="reconcile")
        )  # fmt: skip


def copy(source: ObjectStore, target: ObjectStore) -> None:
    for info in list(source.list("")):
        with source.get(info.key) as reader:
            target.put(info.key, reader)


def listing(database: Database) -> dict[str, str]:
    with database.transaction() as cursor:
        cursor.execute("SELECT tag, digest FROM reference WHERE tag <> '' AND removed_at IS NULL")
        return {tag: "sha256:" + raw.hex() for tag, raw in cursor.fetchall()}


def test_the_rebuilt_database_is_the_lost_one_but_for_what_is_stated(lost: World, rebuilt: World) -> None:
    keys = rebuilt.keys(lost.primary), rebuilt.keys(lost.archive)
    report = rebuild(rebuilt)
    assert report.complete
    assert (report.archives, report.images, report.superseded, report.there_already) == (4, 7, 1, 0)
    assert (rebuilt.keys(lost.primary), rebuilt.keys(lost.archive)) == keys, "the stores are only read"
    assert rebuilt.messenger.sent == [], "nobody is told"
    assert rebuilt.messenger.published == []
    before, tags = snapshot(lost.database), listing(lost.database)
    reconcile(rebuilt, tags)
    found = snapshot(rebuilt.database)
    differs = difference(before, found)

    # Older tag moves, failures and attempts; and what was deleted leaves no trace in any store.
    app = (REGISTRY, REPOSITORY, "app", "analyzed")  # what reconcile has asked for
    assert differs.pop("attempt") == (before["attempt"] - {app}, set())
    assert differs.pop("tombstone") == ({(to_bytes(digest("trash")), "deleted")}, set())
    lost_packages, more = differs.pop("package")
    assert not more
    # Of analyses that are in no store: the deleted one, and that of the bundle that was replaced.
    assert {row[4] for row in lost_packages} == {"4.7", "4.8"}

    # References as of the last analysis; the registry's listing tells which tags there are, not since when.
    lost_events, own_events = differs.pop("reference_event")
    lost_references, own_references = differs.pop("reference")
    assert not differs, "nothing else"
    assert {row[2] for row in lost_references} == {"app", "", "old", "trash"}
    assert {row[2] for row in own_references} == {"app", "", "old"}
    assert {(row[2], row[4]) for row in lost_events} == {
        ("app", "pushed"), ("old", "removed"), ("trash", "pushed"), ("trash", "removed"),
    }  # fmt: skip
    assert {(row[2], row[4]) for row in own_events} == {("app", "pushed"), ("old", "removed")}
    assert listing(rebuilt.database) == tags
    columns = [(row[2], row[3], row[6] is None) for row in own_references if row[2] != ""]
    assert set(columns) == {(row[2], row[3], row[6] is None) for row in lost_references if row[2] not in ("", "trash")}


def test_what_was_rebuilt_works(lost: World, rebuilt: World) -> None:
    rebuild(rebuilt)
    rebuilt.do(Transition.RESTORE, image=digest("frozen"))
    assert rebuilt.status(digest("frozen")) == ("active", "archived")
    rebuilt.do(Transition.ARCHIVE, image=digest("web"))
    assert rebuilt.status(digest("web")) == (None, "archived")
    assert not [key for key in rebuilt.keys(rebuilt.primary) if key.startswith(f"analyses/{digest('web')}/") and
                str(analysis_id(day(5))) in key]  # fmt: skip
    rebuilt.do(Transition.DELETE_ARCHIVE, image=digest("twice"))
    rebuilt.push(20, image=digest("new"))
    assert rebuilt.status(digest("new")) == ("active", None)
    rebuilt.close()


def test_a_database_in_use_is_refused_and_left_alone(lost: World) -> None:
    before = snapshot(lost.database)
    with pytest.raises(DatabaseNotEmpty):
        rebuild(lost)
    assert snapshot(lost.database) == before
    # Even when somebody insists: the guards are the same as for messages.
    assert rebuild(lost, resume=True).there_already == 4 + 7
    assert snapshot(lost.database) == before


def test_a_dry_run_reads_everything_and_writes_nothing(lost: World, rebuilt: World) -> None:
    nothing = snapshot(rebuilt.database)
    report = rebuild(rebuilt, dry_run=True)
    assert (report.archives, report.images, report.superseded) == (4, 7, 1)
    assert snapshot(rebuilt.database) == nothing


@pytest.mark.parametrize("stop", [0, 3, 9, 20, 31])
def test_an_interrupted_rebuild_is_taken_up(lost: World, rebuilt: World, stop: int) -> None:
    class Stopping(MemoryStore):
        left = stop

        def get(self, key: str) -> Any:
            self.left -= 1
            if self.left < 0:
                raise StoreUnavailable(store="memory:", reason=f"gone for {key}")
            return super().get(key)

    whole = rebuild(rebuilt)
    expected = snapshot(rebuilt.database)
    empty(rebuilt.database)
    stopping = Stopping()
    copy(lost.primary, stopping)
    with pytest.raises(StoreUnavailable, match=r"memory:.*analyses/"):
        rebuild(World(rebuilt.database, rebuilt.url, stopping, lost.archive), workers=1)
    report = rebuild(rebuilt, resume=True)
    assert report.images + report.superseded + report.archives + report.there_already >= whole.images + whole.archives
    assert snapshot(rebuilt.database) == expected


def test_damage_is_named_and_passed_over(lost: World, rebuilt: World, tmp_path: Path) -> None:
    frozen = one(
        lost.database, "SELECT bundle_key FROM archived_image WHERE digest = %s", (to_bytes(digest("frozen")),)
    )
    (path,) = [path for path in (tmp_path / "archive").rglob("*") if path.is_file() and frozen in str(path)]
    path.write_bytes(path.read_bytes()[:-40])
    packages = f"analyses/{digest('unnamed')}/{analysis_id(day(4))}/packages"
    lost.primary.delete(packages)
    report = rebuild(rebuilt)
    assert not report.complete
    assert (report.failed, report.archives, report.images) == (2, 3, 6)
    assert {code for _, code, _ in report.failures} == {"object_corrupt", "object_not_found"}
    assert any(frozen in key for key, _, _ in report.failures)
    assert any(packages in message for _, _, message in report.failures)
    # Once they are back they are taken up, and nothing else changes.
    assert rebuilt.status(digest("frozen")) == (None, None)


def test_leftovers_do_not_come_back_instead_of_an_archive(lost: World, rebuilt: World) -> None:
    """An analysis that was superseded before its image was archived stays in the store until it is swept."""
    world = lost
    world.push(10, image=digest("old"), announce=True)
    world.push(11, image=digest("old"), announce=True, catalog_version=2)
    world.do(Transition.ARCHIVE, image=digest("old"))
    assert [key for key in world.keys(world.primary) if key.startswith(f"analyses/{digest('old')}/")]
    rebuild(rebuilt)
    assert rebuilt.status(digest("old")) == (None, "archived")


def test_objects_of_others_are_passed_over(rebuilt: World) -> None:
    for key in ("analyses/x/y/analysis", f"analyses/{digest('a')}/not-an-id/analysis", "analyses/analysis"):
        rebuilt.primary.put(key, [b"{}"])
    for key in ("bundles/x/y/z", f"bundles/{digest('a')}/x/y.tar.zst", "bundles/x"):
        rebuilt.archive.put(key, [b"x"])
    assert rebuild(rebuilt).complete


def test_times_come_from_the_keys(lost: World, rebuilt: World) -> None:
    rebuild(rebuilt)
    for image, keys in archives.bundles(lost.archive):
        key = one(rebuilt.database, "SELECT bundle_key FROM archived_image WHERE digest = %s", (to_bytes(image),))
        assert key == keys[0]
        archived, buried = (
            one(world.database, "SELECT archived_at, at FROM archived_image JOIN tombstone USING (digest) "
                "WHERE digest = %s", (to_bytes(image),))
            for world in (lost, rebuilt)
        )  # fmt: skip
        assert all(abs(mine - theirs) < timedelta(seconds=10) for mine, theirs in zip(archived, buried, strict=True))
        assert buried[1] <= archived[1], "no push is stopped that was not"
        assert made_at(analysis_id(day(1))) == day(1)


def test_the_command(
    lost: World, rebuilt: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsysbinary: Any
) -> None:
    from cargohold_cli import local
    from cargohold_cli.main import main

    urls = {"OBJECT_STORE": f"file://{tmp_path}/objects", "ARCHIVE_STORE": f"file://{tmp_path}/bundles"}
    for url, store in zip(urls.values(), (lost.primary, lost.archive), strict=True):
        copy(store, open_store(url))
    monkeypatch.setenv("CARGOHOLD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", rebuilt.url)
    for name, url in urls.items():
        monkeypatch.setenv(name, url)
    local.start.cache_clear()
    local.database.cache_clear()
    try:
        assert main(["reindex", "--dry-run", "--json"]) == 0
        assert json.loads(capsysbinary.readouterr().out)["images"] == 7
        assert main(["reindex"]) == 0
        assert b"archives       4\nimages         7\n" in capsysbinary.readouterr().out
        assert main(["reindex"]) == 1
        assert b"database_not_empty" in capsysbinary.readouterr().err
        assert main(["reindex", "--resume", "--json"]) == 0
        assert json.loads(capsysbinary.readouterr().out)["there_already"] == 11
    finally:
        local.database("").close()
        local.start.cache_clear()
        local.database.cache_clear()
