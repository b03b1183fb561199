"""The scenarios of the crash tests, shared with the process that is killed for real."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from archive.resume import resume
from cargohold.contracts import AnalysisReady
from cargohold.database.connection import Database
from cargohold.lifecycle import Transition
from cargohold.objects.drivers.file import FileStore
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.objects.drivers.postgres import PostgresStore
from cargohold.objects.open import open_store
from cargohold.objects.store import ObjectStore
from cargohold.objects.wrappers.compressed import CompressedStore
from cargohold.settings import DatabaseSettings
from tests.harness.transitions import IMAGE, RUN, World


@dataclass(frozen=True)
class Scenario:
    """`prepare` gives the analysis that must survive, `transition` is what is interrupted."""

    transition: Transition
    prepare: Callable[[World], AnalysisReady]


def _pushed(world: World) -> AnalysisReady:
    return world.push()


def _archived(world: World) -> AnalysisReady:
    ready = world.push()
    world.do(Transition.ARCHIVE)
    return ready


def _restored(world: World) -> AnalysisReady:
    ready = _archived(world)
    world.do(Transition.RESTORE)
    return ready


def _pushed_again(world: World) -> AnalysisReady:
    """A newer analysis beside the bundle of an older one."""
    _archived(world)
    return world.push(400, reason="manual")


SCENARIOS = {
    "archive": Scenario(Transition.ARCHIVE, _pushed),
    "re-archive": Scenario(Transition.ARCHIVE, _pushed_again),
    "archive what was restored": Scenario(Transition.ARCHIVE, _restored),
    "restore": Scenario(Transition.RESTORE, _archived),
    "delete": Scenario(Transition.DELETE_IMAGE, _pushed),
    "delete what was restored": Scenario(Transition.DELETE_IMAGE, _restored),
    "delete from the archive": Scenario(Transition.DELETE_ARCHIVE, _archived),
    "delete from the archive what was restored": Scenario(Transition.DELETE_ARCHIVE, _restored),
}


def open_stores(kind: str, url: str, directory: Path) -> tuple[ObjectStore, ObjectStore]:
    """Return a primary and an archive store: of one driver, or of two as in `file s3`."""
    first, _, second = kind.partition(" ")
    return _open(first, "primary", url, directory), _open(second or first, "archive", url, directory)


def _open(driver: str, name: str, url: str, directory: Path) -> ObjectStore:
    if driver == "file":
        return CompressedStore(FileStore(directory / name))
    if driver == "memory":
        return MemoryStore()
    if driver == "s3":
        return _bucket(name)
    if driver == "swift":  # of the Swift whose user the environment names
        return open_store(f"swift://crash-{name}")
    database = Database(DatabaseSettings(database_url=url), application_name=f"store-{name}")
    return PostgresStore(database, name)


def _bucket(name: str) -> ObjectStore:
    """Return a store in a bucket, versioned as in the template, of the server that TEST_S3 names."""
    import boto3

    from cargohold.objects.drivers.s3 import S3Options, S3Store

    endpoint, bucket = os.environ["TEST_S3"], f"crash-{name}"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="eu-west-1")
    if bucket not in {one["Name"] for one in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return CompressedStore(S3Store(bucket, "", S3Options(endpoint=endpoint, region="eu-west-1")))


def check(world: World, scenario: Scenario, ready: AnalysisReady) -> None:
    """The invariant, at whatever moment the process died."""
    image, archived = world.status()
    primary, bundled = world.in_primary(ready), world.in_archive(ready)
    if scenario.transition in (Transition.ARCHIVE, Transition.RESTORE):
        assert primary or bundled, "in neither store"
    if image is not None:
        assert primary, "a row without its documents"
    if archived in ("archived", "restoring"):
        assert world.in_archive(ready) or scenario.transition is Transition.ARCHIVE, "a row without its bundle"
    if scenario.transition is Transition.DELETE_IMAGE and archived is not None:
        assert bundled, "deleting the image took the archive with it"
    if scenario.transition is Transition.DELETE_ARCHIVE and image is not None:
        assert primary, "deleting the archive took the image with it"


def check_end(world: World, scenario: Scenario, ready: AnalysisReady, *, announced: bool = False) -> None:
    """What must hold when a repetition has come to its end.

    `announced`: a process of its own had come so far that it must have published the last event.
    """
    check(world, scenario, ready)
    bundles, objects = world.keys(world.archive), world.keys(world.primary)
    if scenario.transition is Transition.ARCHIVE:
        assert world.status() == (None, "archived")
        assert world.in_archive(ready)
        assert len(bundles) == 1
        assert not {key for key in objects if str(ready.analysis_id) in key}
        assert world.events("ImageArchived")
    elif scenario.transition is Transition.RESTORE:
        assert world.status() == ("active", "archived")
        assert world.in_primary(ready)
        assert world.in_archive(ready)
        assert world.events("ImageRestored")
    elif scenario.transition is Transition.DELETE_IMAGE:
        assert world.status()[0] is None
        assert not objects
        assert [event for event in world.events("ImageDeleted") if not event.archive]
    else:
        assert world.status()[1] is None
        assert not bundles
        assert announced or [event for event in world.events("ImageDeleted") if event.archive]
    ids = [event.event_id for event in world.events("ImageDeleted")]
    assert len(set(ids)) <= 1, "a repetition must say the same event"


def take_up(world: World) -> None:
    """What the schedule does for transitions whose message is lost, until nothing is left."""
    for _ in range(5):
        if not resume(world.database, world.messenger, RUN, stuck_after=timedelta(0)):
            return
        world.settle()
    pytest.fail(f"{IMAGE} does not come to an end")
